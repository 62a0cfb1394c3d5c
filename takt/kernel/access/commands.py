"""Giving and taking rights on single records; what it means for a record is told by the rooms that call it."""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef

from takt.kernel.access.models import Grant
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor


@command
def give(
    kind: str,
    number: int,
    user: User,
    why: str,
    *,
    level: str = Grant.Level.VIEW,
    role: str = "",
    expires_at: dt.datetime | None = None,
    by: Actor,
    at: dt.datetime,
) -> Grant:
    """The person's right on this record from now on, in place of the one he had for the same reason.

    The caller has checked that whoever gives may, and tells it as an event.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    grant, _made = Grant.objects.update_or_create(
        kind=kind,
        object_id=number,
        user=user,
        why=why,
        defaults={
            "level": level,
            "role": role,
            "given_by": by.user,
            "given_at": at,
            "expires_at": expires_at,
        },
    )
    User.objects.filter(pk=user.pk).update(has_grants=True)
    _forget(user, has_grants=True)
    return grant


@command
def take(kind: str, number: int, user: User, why: str, *, by: Actor, at: dt.datetime) -> Grant | None:
    """Take this right away; answers what it was, None where there was none."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    grant = Grant.objects.filter(kind=kind, object_id=number, user=user, why=why).first()
    if grant is None:
        return None
    Grant.objects.filter(pk=grant.pk).delete()
    has_more = Grant.objects.filter(user=user).exists()
    User.objects.filter(pk=user.pk).update(has_grants=has_more)
    _forget(user, has_grants=has_more)
    return grant


def _forget(user: Any, *, has_grants: bool) -> None:
    """What the user object knew for this request is no longer so."""
    user.has_grants = has_grants
    user.__dict__.pop("_granted", None)


@command
def forget_expired(*, by: Actor, at: dt.datetime) -> int:
    """Remove rights whose time has passed. They have been without effect since, so no event tells it."""
    users = sorted(Grant.objects.filter(expires_at__lte=at).values_list("user_id", flat=True).distinct())
    list(User.objects.filter(pk__in=users).order_by("pk").select_for_update(no_key=True))
    count, _tables = Grant.objects.filter(expires_at__lte=at, user__in=users).delete()
    left = Grant.objects.filter(user=OuterRef("pk"))
    User.objects.filter(~Exists(left), pk__in=users).update(has_grants=False)
    return count


@command
def forget_grants(kind: str, ids: list[int], *, by: Actor, at: dt.datetime) -> None:
    """Nobody's right outlives the record; that it left for good is told by its own event."""
    Grant.objects.filter(kind=kind, object_id__in=ids).delete()
