"""Housekeeping of the offers to take a step back."""

import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.lib.actor import Actor
from takt.kernel.undo.commands import forget_old_offers


@app.periodic(cron="20 * * * *")
@app.task(name="takt.undo.forget", queue="timers")
def forget(timestamp: int) -> None:
    forget_old_offers(by=Actor(via="timer"), at=dt.datetime.fromtimestamp(timestamp, dt.UTC))
