"""The room's timers."""

import datetime as dt

from procrastinate.contrib.django import app

from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import forget_old, told_up_to
from takt.office.notifications.models import Notification, Round
from takt.office.notifications.posting import carry_post
from takt.office.notifications.reminders import remind_clients
from takt.office.notifications.rounds import look_round, tell_what_is_soon
from takt.office.notifications.subscribers import GIVEN, WATCHED, tell_assignee, tell_watchers
from takt.sales.deals.models import Watcher

TIMER = Actor(via="timer")


@app.periodic(cron="27 4 * * *")
@app.task(name="takt.notifications.nightly", queue="timers", queueing_lock="notifications")
def every_night(timestamp: int) -> None:
    forget_old(by=TIMER, at=dt.datetime.now(dt.UTC))


# A minute's work may be committed late; who has been told is not told again. After a standstill the timer goes back
# to where it was, but tells of nothing that is older than a day.
LOOK_BACK, LONGEST = dt.timedelta(minutes=10), dt.timedelta(days=1)


@app.periodic(cron="* * * * *")
@app.task(name="takt.notifications.watched", queue="timers", queueing_lock="notifications.watched")
def every_minute(timestamp: int) -> None:
    """Watchers and assignees are told by this timer, so that a move or a new task itself carries nothing for them."""
    at = dt.datetime.now(dt.UTC)
    tell_of_watched(at)
    tell_what_is_soon(TIMER, at)


@app.periodic(cron="*/10 * * * *")
@app.task(name="takt.notifications.rounds", queue="timers", queueing_lock="notifications.rounds")
def every_ten_minutes(timestamp: int) -> None:
    look_round(TIMER, dt.datetime.now(dt.UTC))


@app.periodic(cron="* * * * *")
@app.task(name="takt.mail", queue="timers", queueing_lock="mail")
def send_mail(timestamp: int) -> None:
    remind_clients(TIMER, dt.datetime.now(dt.UTC))
    carry_post(TIMER)


def tell_of_watched(at: dt.datetime) -> int:
    """Tell of what happened of late to watched deals, and of tasks given; answers how many facts there were."""
    return _tell_since(by=TIMER, at=at)


@command
def _tell_since(*, by: Actor, at: dt.datetime) -> int:
    """What has happened since the last time, and that it has been told, in one transaction."""
    last = Round.objects.filter(name="watched", user=None).values_list("at", flat=True).first() or at
    since = max(min(last, at) - LOOK_BACK, at - LONGEST)
    watched = Watcher.objects.values("deal_id")
    about = EventSubject.objects.filter(
        kind="deal", object_id__in=watched, at__gt=since, event__kind__in=WATCHED
    )
    given = Event.objects.filter(kind__in=GIVEN, at__gt=since)
    events = Event.objects.filter(pk__in=about.values("event_id")) | given
    told = set(Notification.objects.filter(event__in=events.values("pk")).values_list("event", flat=True))
    found = [e for e in events.order_by("pk") if not Actor(via=e.via).is_historic]
    for event in found:
        if event.pk in told:
            continue
        if event.kind in WATCHED:
            tell_watchers(event)
        elif event.via.startswith("audit:"):
            continue  # the audit tells of it itself (N-24)
        elif event.actor != event.payload.get("assignee", event.payload.get("new")):
            tell_assignee(event)
    told_up_to("watched", None, by=by, at=at)
    return len(found)
