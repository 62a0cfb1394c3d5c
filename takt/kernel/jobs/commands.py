"""The worker's own upkeep."""

import datetime as dt

from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app

from takt.kernel.events.unit import command
from takt.kernel.jobs.models import Heartbeat
from takt.kernel.lib.actor import Actor

STALLED_AFTER_SECONDS = 120


@command
def beat(*, by: Actor, at: dt.datetime) -> None:
    """Say that the worker lives."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": at})


def rescue_stalled(*, by: Actor, at: dt.datetime) -> int:
    """Jobs whose worker was killed run again; each job's effects are idempotent."""

    async def rescue() -> int:
        stalled = list(
            await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS)
        )
        for job in stalled:
            await app.job_manager.retry_job(job)
        return len(stalled)

    return async_to_sync(rescue)()
