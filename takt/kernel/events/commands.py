"""Delivery of events to subscribers, and the stream's housekeeping."""

import datetime as dt
import traceback

from django.db import transaction

from takt.kernel.events.models import Delivery, Event, IdempotencyKey
from takt.kernel.events.subscribing import Subscription, subscriptions
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.failpoints import failpoint

MAX_ATTEMPTS = 6


def deliver(event: Event, subscription: Subscription, *, at: dt.datetime) -> bool:
    """Run one effect once; False when it failed and is to be tried again."""
    done = Delivery.objects.filter(event=event, subscriber=subscription.name)
    if done.filter(state__in=[Delivery.State.DONE, Delivery.State.PARKED]).exists():
        return True
    try:
        with transaction.atomic():
            row, is_new = Delivery.objects.get_or_create(
                event=event,
                subscriber=subscription.name,
                defaults={"state": Delivery.State.DONE, "at": at, "attempts": 1},
            )
            if not is_new:
                row = done.select_for_update().get()
                if row.state != Delivery.State.FAILED:
                    return True
                done.update(state=Delivery.State.DONE, at=at, attempts=row.attempts + 1, error="")
            subscription.effect(event)
            failpoint("events.before_delivery_commit")
    except Exception:  # the effect is foreign code: whatever it raised is kept for people to read
        return _failed(event, subscription, at, traceback.format_exc(limit=8))
    return True


def _failed(event: Event, subscription: Subscription, at: dt.datetime, error: str) -> bool:
    row, _ = Delivery.objects.get_or_create(
        event=event, subscriber=subscription.name, defaults={"state": Delivery.State.FAILED, "at": at}
    )
    row.attempts += 1
    row.error, row.at = error[-4000:], at
    row.state = Delivery.State.PARKED if row.attempts >= MAX_ATTEMPTS else Delivery.State.FAILED
    row.save(update_fields=["attempts", "error", "at", "state"])
    return row.state == Delivery.State.PARKED


def deliver_all(events: list[int], *, at: dt.datetime) -> int:
    """Give these events to everyone who subscribed; answers how many are to be tried again."""
    left = 0
    for event in Event.objects.filter(pk__in=events).order_by("tx", "id"):
        historic = Actor(via=event.via).is_historic
        for subscription in subscriptions.values():
            wanted = event.kind in subscription.kinds and (subscription.historic or not historic)
            if wanted and not deliver(event, subscription, at=at):
                left += 1
    return left


@command
def retry_parked(delivery: int, *, by: Actor, at: dt.datetime) -> None:
    """Take a parked delivery up again."""
    from procrastinate.contrib.django import app

    row = Delivery.objects.select_for_update().get(pk=delivery, state=Delivery.State.PARKED)
    row.state, row.attempts, row.at = Delivery.State.FAILED, 0, at
    row.save(update_fields=["state", "attempts", "at"])
    app.configure_task("takt.dispatch", queue="events").defer(events=[row.event_id])


@command
def forget_old_keys(*, by: Actor, at: dt.datetime) -> int:
    """Idempotency keys are kept seven days."""
    return IdempotencyKey.objects.filter(at__lt=at - dt.timedelta(days=7)).delete()[0]
