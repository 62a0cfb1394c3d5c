"""When pace is found: the stages' figures at night, alerts and flags also every ten minutes."""

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from takt.insight.pace import commands
from takt.kernel.lib.actor import Actor

AT_HOUR = 2  # of the organisation's day (domain spec 9)


@app.periodic(cron="4-54/10 * * * *")
@app.task(name="takt.pace.look", queue="timers", queueing_lock="pace.look")
def look(timestamp: int) -> None:
    """Deals that have become too long in their stage since the last look."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    by = Actor(via="timer")
    commands.raise_alerts(by=by, at=at)


@app.periodic(cron="20 * * * *")
@app.task(name="takt.pace.night", queue="timers", queueing_lock="pace.night")
def night(timestamp: int) -> None:
    """Every hour asks whether it is two at night where the organisation is."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if timezone.localtime(at, timezone.get_default_timezone()).hour == AT_HOUR:
        run(at)


def run(at: dt.datetime) -> None:
    """The figures first, then what follows from them; a second run changes nothing."""
    by = Actor(via="timer")
    commands.keep_pace(by=by, at=at)
    commands.raise_alerts(by=by, at=at)
    commands.flag_deals(by=by, at=at)
