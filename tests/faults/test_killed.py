"""A process is killed (SIGKILL) in the middle of its work: nothing half-written, and the work is done once.

A killed import has its own test in `takt/gateways/transfer/tests/test_killed_import.py`, a killed database server in
`takt/ops/server/tests/test_private_server.py`.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from conftest import ApiClient
from takt.kernel.accounts.commands import create_token
from takt.kernel.events.models import Delivery, Event
from takt.kernel.jobs.commands import rescue_stalled
from takt.kernel.jobs.models import Heartbeat, JobError
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.office.notifications.models import Notification
from takt.ops.server.up import worker_command
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.models import Deal
from tests.faults.conftest import PYTHON

pytestmark = pytest.mark.django_db(transaction=True)

POST_A_DEAL = """
import django, json, sys
django.setup()
from django.test import Client
headers = {"Authorization": "Bearer " + sys.argv[1], "Idempotency-Key": "k", "Host": "localhost"}
body = {"name": "Racking", "quick": True}
answer = Client(headers=headers).post("/api/v1/deals", body, content_type="application/json")
sys.exit(f"not killed: {answer.status_code} {answer.content.decode()}")
"""


def sound() -> bool:
    return not any(c.find() for c in checks)


@pytest.mark.parametrize("point", ["command.before_commit:1", "command.after:1"])
def test_a_web_process_killed_in_a_command(
    point: str, child: Callable[..., Any], anna: Any, pipeline: Any, at: dt.datetime
) -> None:
    _row, token = create_token("t", by=Actor(anna), at=at)
    events = Event.objects.count()
    child([PYTHON, "-c", POST_A_DEAL, token], failpoint=point)
    assert (Deal.objects.count(), Task.objects.count(), Event.objects.count()) == (0, 0, events)
    program = ApiClient(token)
    for _again in range(2):
        repeated = program.post("/deals", {"name": "Racking", "quick": True}, Idempotency_Key="k")
        assert repeated.status_code == 201
    assert (Deal.objects.count(), Task.objects.count()) == (1, 1)
    assert sound()


def test_a_worker_killed_in_a_job_and_the_job_carried_out_once(
    child: Callable[..., Any], anna: Any, boris: Any, pipeline: Any, takt: Any, at: dt.datetime
) -> None:
    deal = commands.create_deal(name="Racking", is_quick=True, by=Actor(boris), at=at)
    commands.assign_deal(deal, anna, by=Actor(boris), at=at)
    event = Event.objects.filter(kind="deal.owner_changed").latest("id")
    worker = [*worker_command(), "--once"]
    child(worker, failpoint="events.before_delivery_commit:1")
    assert not Notification.objects.exists()
    assert not Delivery.objects.filter(state="done").exists()
    # One or several: a worker carries out jobs side by side.
    lost = list(ProcrastinateJob.objects.filter(task_name="takt.dispatch", status="doing"))
    assert lost
    with connection.cursor() as cursor:  # two minutes later
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    assert rescue_stalled(by=takt, at=at) >= 1  # a timer of that minute may have been under way as well
    assert {job.status for job in ProcrastinateJob.objects.filter(pk__in=[job.pk for job in lost])} == {
        "todo"
    }
    app.configure_task("takt.dispatch", queue="events").defer(events=[event.pk])  # a job that came twice
    bad = app.configure_task("takt.dispatch", queue="events").defer(events=["no number"])
    child(worker)
    assert Notification.objects.filter(event=event.pk).count() == 1
    assert Delivery.objects.filter(event=event, state="done").count() == 1
    # What went well is forgotten; why something failed is kept for people to read.
    assert not ProcrastinateJob.objects.filter(pk__in=[job.pk for job in lost]).exists()
    assert "ValueError" in JobError.objects.get(job=bad).error
    assert Heartbeat.objects.filter(name="worker").exists()
