"""Reading what one was told."""

import datetime as dt
from collections.abc import Iterable

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound
from takt.kernel.undo.registry import inverse
from takt.office.notifications.events import NotificationsRead, NotificationsUnread
from takt.office.notifications.models import Mail, Notification

KEPT_DAYS = 90


@command
def mark_read(ids: Iterable[int] | None, *, by: Actor, at: dt.datetime) -> int:
    """Mark one's own notifications as read; None means all of them."""
    rows = Notification.objects.visible_to(by.user).filter(read_at=None)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    count = rows.update(read_at=at)
    if count:
        record(NotificationsRead(count=count), about=by.user, by=by, at=at)
    return count


@command
def mark_one(pk: int, *, is_read: bool, by: Actor, at: dt.datetime) -> Notification:
    """Mark one's own notification as read or as not read."""
    row = Notification.objects.visible_to(by.user).filter(pk=pk).select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound
    if row.is_read != is_read:
        row.read_at = at if is_read else None
        row.save(update_fields=["read_at"])
        fact = NotificationsRead(count=1) if is_read else NotificationsUnread(count=1)
        record(fact, about=by.user, by=by, at=at)
    return row


@inverse("notifications.mark_unread_again")
@command
def mark_unread_again(read_at: str, *, by: Actor, at: dt.datetime) -> int:
    """Take back that all were marked as read at that moment."""
    when = dt.datetime.fromisoformat(read_at)
    count = Notification.objects.filter(user=by.user, read_at=when).update(read_at=None)
    if count:
        record(NotificationsUnread(count=count), about=by.user, by=by, at=at)
    return count


@command
def forget_old(*, by: Actor, at: dt.datetime) -> int:
    """Read notifications are kept 90 days, and so are mails that have come to their end."""
    limit = at - dt.timedelta(days=KEPT_DAYS)
    Mail.objects.filter(ended_at__lt=limit).delete()
    return Notification.objects.filter(read_at__lt=limit).delete()[0]
