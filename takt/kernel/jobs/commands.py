"""The worker's own upkeep, and what an administrator does about failed work."""

import datetime as dt
from typing import Any

from asgiref.sync import async_to_sync
from django.db.models import Q
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from takt.kernel.events.commands import retry_parked
from takt.kernel.events.models import Delivery
from takt.kernel.events.unit import command, record
from takt.kernel.jobs.events import DeliveryRetried, JobRetried
from takt.kernel.jobs.models import Heartbeat, JobError, KeptAnswer
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound

STALLED_AFTER_SECONDS = 120
MAX_KILLS = 6
ASKED_AGAIN_AFTER = dt.timedelta(minutes=2)
ANSWERS_KEPT = dt.timedelta(days=2)


@command
def beat(*, by: Actor, at: dt.datetime) -> None:
    """Say that the worker lives."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": at})


@command
def keep_error(job: int, error: str, *, by: Actor, at: dt.datetime) -> None:
    """Remember why a job failed, for people to read."""
    kept = error.replace("\x00", "")[-4000:]
    JobError.objects.update_or_create(job=job, defaults={"error": kept, "at": at})


def rescue_stalled(*, by: Actor, at: dt.datetime) -> int:
    """Jobs whose worker was killed run again; each job's effects are idempotent.

    A job that has lost its worker `MAX_KILLS` times may be what kills it, and is set aside as failed.
    """

    async def rescue() -> list[int]:
        poison = []
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
            if job.id is None:
                continue
            if job.attempts >= MAX_KILLS:
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
                poison.append(job.id)
                continue
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                # One that waits under the same lock does the same work; two may not wait.
                await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
            else:
                rescued.append(job.id)
        return poison

    rescued: list[int] = []
    for job in async_to_sync(rescue)():
        keep_error(job, f"The worker died {MAX_KILLS} times while running this job.", by=by, at=at)
    return len(rescued)


@command
def forget_old_errors(*, by: Actor, at: dt.datetime) -> int:
    """Errors of jobs that are no longer kept."""
    known = ProcrastinateJob.objects.values("id")
    return JobError.objects.exclude(job__in=known).delete()[0]


@command
def await_answer(
    key: str,
    name: str,
    params: dict[str, Any],
    user: int | None,
    language: str,
    *,
    is_found: bool = False,
    by: Actor,
    at: dt.datetime,
) -> None:
    """Have the worker answer a question, once however many wait for it; `is_found` only makes room for the answer."""
    row = KeptAnswer(key=key, name=name, params=params, user_id=user, language=language)
    KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
    kept = KeptAnswer.objects.select_for_update().get(key=key)
    if is_found or (kept.asked_at is not None and at - kept.asked_at < ASKED_AGAIN_AFTER):
        return
    kept.asked_at = at
    kept.save(update_fields=["asked_at"])
    app.configure_task("takt.answer", queue="answers").defer(row=kept.pk)


@command
def keep_answer(key: str, value: Any, *, took_ms: int, by: Actor, at: dt.datetime) -> None:
    """What was found, with how long that took; nobody waits for it any more."""
    KeptAnswer.objects.filter(key=key).update(value=value, took_ms=took_ms, made_at=at, asked_at=None)


@command
def forget_old_answers(*, by: Actor, at: dt.datetime) -> int:
    """Answers that nobody asked for any more."""
    long_ago = at - ANSWERS_KEPT
    old = KeptAnswer.objects.filter(
        Q(made_at__lt=long_ago) | Q(made_at=None), Q(asked_at__lt=long_ago) | Q(asked_at=None)
    )
    return old.delete()[0]


@command
def retry_job(job: int, *, by: Actor, at: dt.datetime) -> None:
    """Run a failed background job once more; only an administrator."""
    _administers(by)
    row = ProcrastinateJob.objects.filter(pk=job, status="failed").first()
    if row is None:
        raise NotFound
    app.job_manager.retry_job_by_id(job_id=row.pk, retry_at=at)
    record(JobRetried(task=row.task_name), about=("job", row.pk), by=by, at=at)


@command
def retry_delivery(delivery: int, *, by: Actor, at: dt.datetime) -> None:
    """Give a parked event to its subscriber once more; only an administrator."""
    _administers(by)
    row = Delivery.objects.filter(pk=delivery, state=Delivery.State.PARKED).first()
    if row is None:
        raise NotFound
    retry_parked(row.pk, by=by, at=at)
    record(DeliveryRetried(subscriber=row.subscriber), about=("delivery", row.pk), by=by, at=at)


def _administers(by: Actor) -> None:
    if by.user is not None and not by.user.is_admin:
        raise Forbidden
