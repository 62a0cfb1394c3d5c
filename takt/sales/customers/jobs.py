"""The night: how customers stand, and who of them has been forgotten."""

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from takt.kernel.lib.actor import Actor
from takt.sales.customers.commands import check_key_customers, reckon

AT_HOUR = 3  # of the organisation's day (domain spec 9)


@app.periodic(cron="5 * * * *")
@app.task(name="takt.customers.night", queue="timers", queueing_lock="customers.night")
def night(timestamp: int) -> None:
    """Every hour asks whether it is three at night where the organisation is."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if timezone.localtime(at, timezone.get_default_timezone()).hour == AT_HOUR:
        run(at)


def run(at: dt.datetime) -> None:
    """Reckon, then check; a second run on the same day changes nothing."""
    by = Actor(via="timer")
    reckon(by=by, at=at)
    check_key_customers(by=by, at=at)
