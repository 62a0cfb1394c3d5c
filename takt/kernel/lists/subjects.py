"""What events are about: which model a kind of subject is, and who may read its history."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.events.models import EventSubject
from takt.kernel.lib.refusals import NotFound

# By name, because these rooms stand higher.
MODELS = {
    "deal": "deals.Deal",
    "company": "contacts.Company",
    "contact": "contacts.Contact",
    "task": "activities.Task",
    "product": "catalog.Product",
    "pipeline": "deals.Pipeline",
    "stage": "deals.Stage",
}


# Rooms whose records can be merged answer here which ones have become this one: their history is its own.
also_known_as: list[Callable[[str, int], list[int]]] = []


def all_names_of(kind: str, number: int) -> list[int]:
    """The key of a record and the keys of those that were merged into it."""
    return [number, *(pk for known in also_known_as for pk in known(kind, number))]


def model_of(kind: str) -> type[Model] | None:
    """The model behind a kind of subject; None where it is none of a person's daily records."""
    name = MODELS.get(kind)
    if name is None:
        return None
    try:
        return apps.get_model(name)
    except LookupError:
        return None


def demand_visible(kind: str, number: int, user: User) -> None:
    """NotFound unless the person may see this record; an administrator also sees people and settings."""
    if not 0 < number < 2**63:
        raise NotFound
    model = model_of(kind)
    manager: Any = getattr(model, "objects", None)
    if manager is not None and hasattr(manager, "visible_to"):
        allowed = manager.visible_to(user).filter(pk=number).exists()
    elif manager is not None:
        allowed = manager.filter(pk=number).exists()
    else:
        allowed = may(user, "administer") or (kind == "user" and number == user.pk)
    if not allowed:
        raise NotFound


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
