"""The timer of the recycle bin."""

import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.lib.actor import Actor
from takt.kernel.recycling.commands import purge_old


@app.periodic(cron="0 4 * * *")
@app.task(name="takt.recycling.purge", queue="timers", queueing_lock="recycling.purge")
def purge(timestamp: int) -> None:
    """Every night what has lain its days in the recycle bin is removed for good."""
    purge_old(by=Actor(via="timer"), at=dt.datetime.fromtimestamp(timestamp, dt.UTC))
