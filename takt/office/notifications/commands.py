"""Telling people, and their reading of it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.office.notifications.events import NotificationsRead
from takt.office.notifications.models import Notification

KEPT_DAYS = 90


@command
def notify(
    user: int, *, event: int, kind: str, params: dict[str, Any], url: str, by: Actor, at: dt.datetime
) -> None:
    """Tell an active person once about an event; a repeat changes nothing. It follows from a recorded fact,
    so it leaves none of its own."""
    if User.objects.filter(pk=user, is_active=True).exists():
        told = Notification(user_id=user, event=event, kind=kind, params=params, url=url, at=at)
        Notification.objects.bulk_create([told], ignore_conflicts=True)


@command
def mark_read(ids: Iterable[int] | None, *, by: Actor, at: dt.datetime) -> int:
    """Mark one's own notifications as read; None means all of them."""
    rows = Notification.objects.visible_to(by.user).unread()
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    count = rows.update(read_at=at)
    if count:
        record(NotificationsRead(count=count), about=by.user, by=by, at=at)
    return count


@command
def forget_old(*, by: Actor, at: dt.datetime) -> int:
    """Read notifications are kept 90 days."""
    return Notification.objects.filter(read_at__lt=at - dt.timedelta(days=KEPT_DAYS)).delete()[0]
