import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import forget_old


@app.periodic(cron="27 4 * * *")
@app.task(name="takt.notifications.nightly", queue="timers", queueing_lock="notifications")
def every_night(timestamp: int) -> None:
    forget_old(by=Actor(via="timer"), at=dt.datetime.now(dt.UTC))
