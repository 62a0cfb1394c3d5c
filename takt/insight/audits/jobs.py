"""When deals are judged: what changed each minute, everything each night."""

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from takt.insight.audits import commands
from takt.insight.audits.commands.keeping import judge_due
from takt.kernel.lib.actor import Actor
from takt.sales.deals.queries.gates import today_of

AT_HOUR = 2  # of the organisation's day (domain spec 9)
TEN = 10
MORNING, SATURDAY = 6, 5


@app.periodic(cron="* * * * *")
@app.task(name="takt.audits.minute", queue="timers", queueing_lock="audits.minute")
def minute(timestamp: int) -> None:
    """What has changed; every ten minutes also what has come in without a word."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    judge_due(with_new=at.minute % TEN == 0, by=Actor(via="timer"), at=at)


@app.periodic(cron="10 * * * *")
@app.task(name="takt.audits.night", queue="timers", queueing_lock="audits.night")
def night(timestamp: int) -> None:
    """Every hour asks whether it is two at night where the organisation is."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if timezone.localtime(at, timezone.get_default_timezone()).hour == AT_HOUR:
        run(at)


@app.periodic(cron="15 * * * *")
@app.task(name="takt.audits.week", queue="timers", queueing_lock="audits.week")
def week(timestamp: int) -> None:
    """From Monday morning on the week's plan stands; a worker that was down then catches up."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    local = timezone.localtime(at, timezone.get_default_timezone())
    if local.weekday() < SATURDAY and local.hour >= MORNING:
        commands.plan_week(today_of(at), by=Actor(via="timer"), at=at)


def run(at: dt.datetime) -> None:
    """Judge all, then remember it as the score of the day that has ended; a second run changes nothing."""
    by = Actor(via="timer")
    commands.judge_all(by=by, at=at)
    commands.keep_day(today_of(at) - dt.timedelta(days=1), by=by, at=at)
