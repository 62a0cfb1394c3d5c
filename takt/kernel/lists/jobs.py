"""Acts on many records in the background, begun again where a killed worker stopped; and the words of names, learnt
by which mistyped ones are put right."""

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal
from takt.kernel.lists.commands import gather_words
from takt.kernel.lists.commands.bulk import carry_on, forget_old_runs, give_up
from takt.kernel.lists.models import BulkRun

logger = logging.getLogger(__name__)
_LOCKS = 7_425_003
MANY = 100_000
AT_NIGHT = 3


@app.task(name="takt.bulk", queue="imports")
def run_bulk(run: int) -> None:
    """Carry a bulk act, or its taking back, to its end; left to another process that has it in hand."""
    row = BulkRun.objects.select_related("user").filter(pk=run).first()
    if row is None:
        return
    with _in_hand(run) as has, translation.override(row.user.language), _zone_of(row.user):
        if has:
            _carry_out(run, Actor(user=row.user, via=row.via))


def _carry_out(run: int, by: Actor) -> None:
    spent, since = 0.0, time.perf_counter()
    try:
        while carry_on(run, seconds=spent, by=by, at=dt.datetime.now(dt.UTC)):
            spent, since = time.perf_counter() - since, time.perf_counter()
    except Refusal as refusal:
        reasons = [str(p.message) for p in refusal.errors] or [str(refusal.detail)]
        give_up(run, " ".join(reasons), by=by, at=dt.datetime.now(dt.UTC))
    except (OperationalError, InterfaceError):
        raise  # the database is away: the act goes on when it is back
    except Exception:
        logger.exception("the bulk act %d broke off", run)
        reason = _("Takt met an error of its own here. Tell its administrator; the log says more.")
        give_up(run, reason, by=by, at=dt.datetime.now(dt.UTC))


@contextmanager
def _in_hand(run: int) -> Iterator[bool]:
    """Whether this process alone has the act in hand; a process that dies lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, run])
        has = bool(cursor.fetchone()[0])
    try:
        yield has
    finally:
        if has:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, run])


def _zone_of(user: User) -> AbstractContextManager[None]:
    return timezone.override(ZoneInfo(user.time_zone)) if user.time_zone else nullcontext()


def enqueue(run: int) -> None:
    """Hand an act to the worker, unless a job of it waits already."""
    waiting = ProcrastinateJob.objects.filter(task_name="takt.bulk", status="todo", args__run=run)
    if not waiting.exists():
        app.configure_task("takt.bulk", queue="imports").defer(run=run)


@app.periodic(cron="* * * * *")
@app.task(name="takt.bulk.rescue", queue="timers", queueing_lock="bulk.rescue")
def rescue(timestamp: int) -> None:
    """Acts whose process was killed go on; the queue's own locks aren't used, for a dead job would hold them."""
    unfinished = BulkRun.objects.filter(state__in=[BulkRun.State.RUNNING, BulkRun.State.UNDOING])
    for run in unfinished.values_list("pk", flat=True):
        enqueue(run)


@app.periodic(cron="50 4 * * *")
@app.task(name="takt.bulk.forget", queue="timers", queueing_lock="bulk.forget")
def forget(timestamp: int) -> None:
    forget_old_runs(by=Actor(via="timer"), at=dt.datetime.fromtimestamp(timestamp, dt.UTC))


@app.periodic(cron="*/10 * * * *")
@app.task(name="takt.lists.words", queue="timers", queueing_lock="lists.words")
def learn_words(timestamp: int) -> None:
    """Every ten minutes; where there are many records, which take seconds, once a night."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if _records() < MANY or (at.hour == AT_NIGHT and at.minute < 10):
        gather_words(by=Actor(via="timer"), at=at)


def _records() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(reltuples), 0) FROM pg_class WHERE relname IN ('deal', 'company', 'contact')"
        )
        return int(cursor.fetchone()[0])
