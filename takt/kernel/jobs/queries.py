"""Whether the worker lives, and what it couldn't do."""

import datetime as dt
from dataclasses import dataclass

from procrastinate.contrib.django.models import ProcrastinateJob

from takt.kernel.events.models import Delivery
from takt.kernel.jobs.models import Heartbeat, JobError

ALIVE_WITHIN = dt.timedelta(minutes=3)
MOST_SHOWN = 100


@dataclass(frozen=True)
class Failure:
    """Work that was set aside: an event's delivery or a background job."""

    pk: int
    what: str
    about: str
    attempts: int
    at: dt.datetime | None
    error: str

    @property
    def last_line(self) -> str:
        return self.error.strip().rpartition("\n")[2][:300]


def last_beat() -> dt.datetime | None:
    return Heartbeat.objects.filter(name="worker").values_list("at", flat=True).first()


def is_alive(beat: dt.datetime | None, at: dt.datetime) -> bool:
    return beat is not None and at - beat < ALIVE_WITHIN


def parked_deliveries() -> list[Failure]:
    rows = Delivery.objects.filter(state=Delivery.State.PARKED).select_related("event").order_by("-at")
    return [
        Failure(r.pk, r.subscriber.rpartition(".")[2], r.event.kind, r.attempts, r.at, r.error)
        for r in rows[:MOST_SHOWN]
    ]


def failed_jobs() -> list[Failure]:
    jobs = list(ProcrastinateJob.objects.filter(status="failed").order_by("-id")[:MOST_SHOWN])
    errors = {e.job: e for e in JobError.objects.filter(job__in=[j.pk for j in jobs])}
    return [
        Failure(
            j.pk,
            j.task_name,
            j.queue_name,
            j.attempts,
            errors[j.pk].at if j.pk in errors else j.scheduled_at,
            errors[j.pk].error if j.pk in errors else "",
        )
        for j in jobs
    ]


def waiting_jobs() -> int:
    return ProcrastinateJob.objects.filter(status="todo").count()
