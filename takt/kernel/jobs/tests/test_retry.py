from typing import Any

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from takt.kernel.events.models import Delivery, Event
from takt.kernel.events.tests.happening import happened
from takt.kernel.jobs.commands import keep_error, rescue_stalled, retry_job
from takt.kernel.jobs.models import JobError
from takt.kernel.lib.refusals import Forbidden, NotFound


def job_in(status: str, attempts: int = 1, lock: str | None = None) -> ProcrastinateJob:
    from django.db import connection

    job = app.configure_task("takt.dispatch", queue="events", queueing_lock=lock).defer(events=[])
    with connection.cursor() as cursor:
        # As the queue's own triggers see it: a job is taken before it can end.
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE id = %s", [attempts, job]
        )
        if status != "doing":
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s",
                [status, job],
            )
    return ProcrastinateJob.objects.get(pk=job)


def test_a_failed_job_is_shown_with_its_error_and_tried_again(
    admin: Any, takt: Any, at: Any, client_of: Any
) -> None:
    job = job_in("failed")
    keep_error(job.pk, "Traceback …\nValueError: the disk is full", by=takt, at=at)
    page = client_of(admin)
    assert "the disk is full" in page.get("/settings/jobs").content.decode()
    assert page.post(f"/settings/jobs/{job.pk}/retry").status_code == 302
    job.refresh_from_db()
    assert job.status == "todo"
    assert Event.objects.filter(kind="job.retried", actor=admin.pk).exists()
    assert page.post(f"/settings/jobs/{job.pk}/retry").status_code == 404


def test_a_parked_delivery_is_tried_again(admin: Any, anna: Any, takt: Any, at: Any, client_of: Any) -> None:
    event = happened(takt, at)
    row = Delivery.objects.create(
        event=event, subscriber="x.y", state="parked", attempts=6, error="boom", at=at
    )
    assert client_of(anna).post(f"/settings/jobs/deliveries/{row.pk}/retry").status_code == 403
    page = client_of(admin)
    assert "boom" in page.get("/settings/jobs").content.decode()
    assert page.post(f"/settings/jobs/deliveries/{row.pk}/retry").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 0)


def test_only_an_administrator_retries(anna: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        retry_job(job_in("failed").pk, by=acting_as(anna), at=at)
    with pytest.raises(NotFound):
        retry_job(10**9, by=acting_as(None), at=at)


def test_jobs_of_killed_workers_run_again_until_they_are_poison(takt: Any, at: Any, db: Any) -> None:
    lost, poison = job_in("doing"), job_in("doing", attempts=6)
    assert rescue_stalled(by=takt, at=at) == 1
    lost.refresh_from_db()
    poison.refresh_from_db()
    assert (lost.status, poison.status) == ("todo", "failed")
    assert JobError.objects.get().job == poison.pk


def test_a_lost_job_gives_way_to_one_that_waits_for_the_same(takt: Any, at: Any, transactional_db: Any) -> None:
    lost = job_in("doing", lock="beat")
    waiting = app.configure_task("takt.dispatch", queue="events", queueing_lock="beat").defer(events=[])
    assert rescue_stalled(by=takt, at=at) == 0
    assert list(ProcrastinateJob.objects.values_list("pk", "status")) == [(waiting, "todo")]
    assert not ProcrastinateJob.objects.filter(pk=lost.pk).exists()
