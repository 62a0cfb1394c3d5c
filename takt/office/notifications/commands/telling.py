"""Telling people."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings

from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.office.notifications.kinds import DAILY, KINDS, NO
from takt.office.notifications.models import Notification, Round
from takt.office.notifications.queries import Wishes, wishes_of_one, zone_of
from takt.office.notifications.rules import end_of_quiet, next_time

LISTS = {
    "deal": "/deals?owner=me",
    "company": "/companies?owner=me",
    "contact": "/contacts?owner=me",
    "task": "/tasks",
}


@command
def notify(
    user: int,
    *,
    kind: str,
    params: dict[str, Any],
    url: str,
    event: int | None = None,
    key: str = "",
    about: tuple[str, int] | None = None,
    batch: uuid.UUID | None = None,
    by: Actor,
    at: dt.datetime,
) -> None:
    """Tell an active person something once: about an event, or what `key` names; a repeat changes nothing.

    What one act does to many (`batch`) is told as one, with a count. It follows from a recorded fact or from the
    clock, so it leaves no fact of its own.
    """
    person = User.objects.filter(pk=user, is_active=True).first()
    if person is None:
        return
    wishes = wishes_of_one(person)
    told = _made(person, kind, params, url, about, wishes, at)
    told.event, told.key = event, key or f"event:{event}"
    if batch is not None:
        told.key = f"batch:{batch}:{kind}"
        told.params = {**params, "count": 1}
        if _one_more(told):
            return
    Notification.objects.bulk_create([told], ignore_conflicts=True)


def _one_more(told: Notification) -> bool:
    """Whether the act has been told of already; then this record is counted, unless it has been."""
    row = Notification.objects.select_for_update().filter(user=told.user, key=told.key).first()
    if row is not None and (told.event or 0) > (row.event or 0):
        row.params["count"] += 1
        row.url = LISTS.get(told.about_kind, row.url)
        row.event, row.about_kind, row.about_id = told.event, "", 0
        row.save(update_fields=["params", "url", "event", "about_kind", "about_id"])
    return row is not None


def _made(
    person: User,
    kind: str,
    params: dict[str, Any],
    url: str,
    about: tuple[str, int] | None,
    wishes: Wishes,
    at: dt.datetime,
) -> Notification:
    group = KINDS[kind].group
    about_kind, about_id = about or ("", 0)
    return Notification(
        user=person,
        kind=kind,
        params=params,
        url=url,
        about_kind=about_kind,
        about_id=about_id,
        at=at,
        is_quiet=not wishes.bell(group),
        mail_at=_mail_at(person, wishes, wishes.mail(group), at),
    )


def _mail_at(person: User, wishes: Wishes, mode: str, at: dt.datetime) -> dt.datetime | None:
    if mode == NO or person.is_demo or not settings.TAKT_SENDS_MAIL:
        return None
    zone = zone_of(person)
    if mode == DAILY:
        at = next_time(at, zone, wishes.digest_at)
    return end_of_quiet(at, zone, wishes.quiet_from, wishes.quiet_until)


@command
def told_up_to(name: str, user: User | None, *, by: Actor, at: dt.datetime) -> None:
    """Remember how far a timer has told; in the same transaction as what it told."""
    Round.objects.update_or_create(name=name, user=user, defaults={"at": at})
