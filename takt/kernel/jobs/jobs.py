"""Background work of the kernel, run by the worker."""

import datetime as dt

from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from takt.kernel.events.commands import MAX_ATTEMPTS, deliver_all, forget_old_keys
from takt.kernel.jobs.answers import find_answer
from takt.kernel.jobs.commands import beat, forget_old_answers, forget_old_errors, keep_answer, rescue_stalled
from takt.kernel.jobs.models import KeptAnswer
from takt.kernel.lib.actor import Actor

TIMER = Actor(via="timer")


class Unfinished(Exception):
    """Some deliveries failed; the job is to run again."""


@app.task(
    name="takt.dispatch",
    queue="events",
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS + 1, exponential_wait=3),
)
def dispatch(events: list[int]) -> None:
    if left := deliver_all(events, at=dt.datetime.now(dt.UTC)):
        raise Unfinished(f"{left} deliveries failed")


@app.task(name="takt.answer", queue="answers")
def find(row: int) -> None:
    """Answer a question that took too long for a page."""
    kept = KeptAnswer.objects.select_related("user").filter(pk=row).first()
    if kept is None:
        return
    at = dt.datetime.now(dt.UTC)
    with translation.override(kept.language):
        found = find_answer(kept, at=at)
    if found is not None:
        keep_answer(kept.key, found[0], took_ms=found[1], by=TIMER, at=at)


@app.periodic(cron="* * * * *")
@app.task(name="takt.minute", queue="timers", queueing_lock="minute", pass_context=False)
def every_minute(timestamp: int) -> None:
    """Heartbeat, and the jobs of killed workers taken up again."""
    at = dt.datetime.now(dt.UTC)
    beat(at=at, by=TIMER)
    rescue_stalled(at=at, by=TIMER)


@app.periodic(cron="17 4 * * *")
@app.task(name="takt.nightly", queue="timers", queueing_lock="nightly")
def every_night(timestamp: int) -> None:
    at = dt.datetime.now(dt.UTC)
    forget_old_keys(at=at, by=TIMER)
    forget_old_errors(at=at, by=TIMER)
    forget_old_answers(at=at, by=TIMER)
