"""Who may administer, and the row that an act is about, under lock."""

from typing import Any

from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound, Stale


def demand_administrator(by: Actor) -> None:
    if by.user is not None and not (by.user.is_admin and by.user.is_active):
        raise Forbidden


def locked_user(user: User | int, *, by: Actor, version: int | None = None) -> User:
    row = User.objects.select_for_update(of=("self",)).filter(pk=key_of(user)).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    return row


def key_of(ref: Any) -> int:
    number = ref if isinstance(ref, int) else getattr(ref, "pk", None)
    if not isinstance(number, int) or not 0 < number < 2**63:
        raise NotFound
    return number


def shown(value: Any) -> Any:
    return value.pk if isinstance(value, Team) else value
