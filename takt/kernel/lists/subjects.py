"""What events are about: which model a kind of subject is, and who may read its history."""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from takt.kernel.access.reach import owners_within
from takt.kernel.access.records import demand_visible, model_of
from takt.kernel.accounts.models import User
from takt.kernel.events.models import EventSubject

__all__ = ["all_names_of", "also_known_as", "demand_visible", "model_of", "seen"]

# Rooms whose records can be merged answer here which ones have become this one: their history is its own.
also_known_as: list[Callable[[str, int], list[int]]] = []


def all_names_of(kind: str, number: int) -> list[int]:
    """The key of a record and the keys of those that were merged into it."""
    return [number, *(pk for known in also_known_as for pk in known(kind, number))]


def seen(events: QuerySet[Any], user: User, event: str = "event_id") -> QuerySet[Any]:
    """Without what is about deals that are hidden from the person: a company's timeline shows only his own.

    `event` is the column of `events` that holds the event's id.
    """
    if owners_within(user, "deal") is None:
        return events
    deals: Any = model_of("deal")
    about = EventSubject.objects.filter(event=OuterRef(event), kind="deal")
    rows = deals.objects.all()
    allowed = rows.filter(rows.within(user, "view")).values("pk")
    return events.filter(Q(~Exists(about)) | Exists(about.filter(object_id__in=allowed)))
