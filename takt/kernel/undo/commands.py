"""Taking an act back: the act offers its inverse, the person carries it out within ten minutes."""

import datetime as dt
import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound, Refused
from takt.kernel.undo.events import UndoDone
from takt.kernel.undo.models import UndoEntry
from takt.kernel.undo.registry import inverse, inverses
from takt.kernel.undo.rules import is_expired

__all__ = ["forget_old_offers", "inverse", "offer", "take_back"]


@command
def offer(*, inverse: str, arguments: dict[str, Any], by: Actor, at: dt.datetime) -> uuid.UUID | None:
    """Keep how this act is taken back; the answer goes into the toast. None where no person acted."""
    if by.user is None or by.is_historic:
        return None
    row = UndoEntry.objects.create(
        token=uuid.uuid4(), user_id=by.user.pk, inverse=inverse, arguments=arguments, at=at
    )
    return row.token


@command
def take_back(token: uuid.UUID, *, by: Actor, at: dt.datetime) -> Any:
    """Carry out the inverse of an act of one's own, once; what the inverse refuses stays as it is."""
    entry = UndoEntry.objects.select_for_update().filter(token=token, user=by.user).first()
    if entry is None or entry.inverse not in inverses:
        raise NotFound
    if entry.used_at is not None:
        raise Refused(_("This step has already been taken back."), code="already_undone")
    if is_expired(entry.at, at):
        raise Refused(_("A step can be taken back for ten minutes; they have passed."), code="undo_expired")
    entry.used_at = at
    entry.save(update_fields=["used_at"])
    result = inverses[entry.inverse](**entry.arguments, by=by, at=at)
    record(UndoDone(inverse=entry.inverse), about=("user", entry.user_id), by=by, at=at)
    return result


@command
def forget_old_offers(*, by: Actor, at: dt.datetime) -> int:
    """Offers are kept a day, so that a late click is told that it is late."""
    return UndoEntry.objects.filter(at__lt=at - dt.timedelta(days=1)).delete()[0]
