"""The timer of files."""

import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.files import commands
from takt.kernel.lib.actor import Actor


@app.periodic(cron="30 4 * * *")
@app.task(name="takt.files.sweep", queue="timers", queueing_lock="files.sweep")
def sweep(timestamp: int) -> None:
    """Every night, after the recycle bin, what belongs to no record any more is cleared away."""
    commands.sweep(by=Actor(via="timer"), at=dt.datetime.fromtimestamp(timestamp, dt.UTC))
