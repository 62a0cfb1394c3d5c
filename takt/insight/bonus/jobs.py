"""When violations are told: each morning of the organisation, in time to object to them."""

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from takt.insight.bonus.commands import note_violations
from takt.kernel.lib.actor import Actor

AT_HOUR = 3  # after the night's judgement of all deals


@app.periodic(cron="20 * * * *")
@app.task(name="takt.bonus.night", queue="timers", queueing_lock="bonus.night")
def night(timestamp: int) -> None:
    """Every hour asks whether it is the hour where the organisation is."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if timezone.localtime(at, timezone.get_default_timezone()).hour == AT_HOUR:
        note_violations(by=Actor(via="timer"), at=at)
