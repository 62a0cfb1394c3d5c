"""The timer of rights on single records."""

import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.access.commands import forget_expired
from takt.kernel.lib.actor import Actor


@app.periodic(cron="15 3 * * *")
@app.task(name="takt.access.forget_expired", queue="timers", queueing_lock="access.forget_expired")
def forget_expired_grants(timestamp: int) -> None:
    """Every night the rights whose time has passed are removed."""
    forget_expired(by=Actor(via="timer"), at=dt.datetime.fromtimestamp(timestamp, dt.UTC))
