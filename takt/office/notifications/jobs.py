import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.events.models import Event, EventSubject
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import forget_old
from takt.office.notifications.subscribers import WATCHED, tell_watchers
from takt.sales.deals.models import Watcher


@app.periodic(cron="27 4 * * *")
@app.task(name="takt.notifications.nightly", queue="timers", queueing_lock="notifications")
def every_night(timestamp: int) -> None:
    forget_old(by=Actor(via="timer"), at=dt.datetime.now(dt.UTC))


# A minute's work may be committed late, and a run may be missed; who has been told is not told again.
LOOK_BACK = dt.timedelta(minutes=10)


@app.periodic(cron="* * * * *")
@app.task(name="takt.notifications.watched", queue="timers", queueing_lock="notifications.watched")
def every_minute(timestamp: int) -> None:
    """Watchers are told of moves and ends by this timer, so that a move itself carries nothing for them."""
    tell_of_watched(dt.datetime.now(dt.UTC))


def tell_of_watched(at: dt.datetime) -> int:
    """Tell the watchers what happened to their deals of late; answers how many facts there were."""
    watched = Watcher.objects.values("deal_id")
    about = EventSubject.objects.filter(
        kind="deal", object_id__in=watched, at__gt=at - LOOK_BACK, event__kind__in=WATCHED
    )
    events = Event.objects.filter(pk__in=about.values("event_id")).order_by("pk")
    found = [e for e in events if e.via.partition(":")[0] not in {"import", "demo", "restore"}]
    for event in found:
        tell_watchers(event)
    return len(found)
