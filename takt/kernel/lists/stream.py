"""The stream of events for other programs: nothing is skipped and nothing comes twice."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.access.records import MODELS, demand_visible
from takt.kernel.accounts.models import User
from takt.kernel.events.facts import registered
from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.sealing import unseal_all
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.kernel.lists.subjects import seen

_CURSOR = re.compile(r"(\d{1,19}):(\d{1,19})", re.ASCII)
_SUBJECT = re.compile(r"([a-z_]{1,40}):(\d{1,19})", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What of the stream is asked for."""

    subject: tuple[str, int] | None
    kinds: tuple[str, ...]
    after: tuple[int, int] | None
    limit: int


def wanted(subject: str, kind: str, after: str, limit: str) -> Wanted:
    """Read the request; Invalid where a part of it can't be read."""
    about = place = None
    if subject:
        found = _SUBJECT.fullmatch(subject)
        if found is None or int(found[2]) >= 2**63:
            raise Invalid.field("subject", _("Write the subject as deal:12."), "unreadable")
        about = (found[1], int(found[2]))
        if about[0] not in {*MODELS, *(name.partition(".")[0] for name in registered)}:
            raise Invalid.field("subject", _("There is no such kind of record."), "unknown")
    kinds = tuple(kind.split(",")) if kind else ()
    if any(k not in registered for k in kinds):
        raise Invalid.field("kind", _("There is no such event."), "unknown")
    if after:
        found = _CURSOR.fullmatch(after)
        if found is None or int(found[1]) >= 2**63 or int(found[2]) >= 2**63:
            raise Invalid.field("after", _("This place in the stream can't be read."), "unreadable")
        place = (int(found[1]), int(found[2]))
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= 500):
        raise Invalid.field("limit", _("Enter a whole number from 1 to 500."), "unreadable")
    return Wanted(about, kinds, place, int(limit or 100))


def settled(events: QuerySet[Event]) -> QuerySet[Event]:
    """Only up to the oldest running transaction: ids commit out of order, and a later one must not pass it."""
    horizon = RawSQL("pg_snapshot_xmin(pg_current_snapshot())", (), output_field=Event._meta.get_field("tx"))
    return events.filter(tx__lt=horizon)


def stream(asked: Wanted, user: User) -> dict[str, Any]:
    """One page of the stream. Without a subject only for those who see everybody's deals."""
    events = settled(Event.objects.all())
    if asked.subject is not None:
        demand_visible(*asked.subject, user)
        kind, number = asked.subject
        about = EventSubject.objects.filter(event=OuterRef("pk"), kind=kind, object_id=number)
        events = seen(events.filter(Exists(about)), user, event="pk")
    elif owners_within(user, "deal") is not None:
        raise Forbidden
    if asked.kinds:
        events = events.filter(kind__in=asked.kinds)
    if asked.after is not None:
        tx, number = asked.after
        events = events.filter(Q(tx__gte=tx) & (Q(tx__gt=tx) | Q(id__gt=number)))
    rows = list(events.order_by("tx", "id")[: asked.limit + 1])
    has_more, rows = len(rows) > asked.limit, rows[: asked.limit]
    items = _items(rows)
    return {"items": items, "next_cursor": items[-1]["cursor"] if has_more else None}


def _items(rows: list[Event]) -> list[dict[str, Any]]:
    subjects: dict[int, list[dict[str, Any]]] = {}
    for event, kind, number in EventSubject.objects.filter(event__in=rows).values_list(
        "event_id", "kind", "object_id"
    ):
        subjects.setdefault(event, []).append({"kind": kind, "id": number})
    sealed = [r for r in rows if r.sealed is not None]
    values = unseal_all([bytes(r.sealed or b"") for r in sealed])
    personal = {r.pk: found or {} for r, found in zip(sealed, values, strict=True)}
    return [
        {
            "id": r.pk,
            "cursor": f"{r.tx}:{r.pk}",
            "kind": r.kind,
            "subjects": subjects.get(r.pk, []),
            "actor": r.actor,
            "via": r.via,
            "at": r.at,
            "recorded_at": r.recorded_at,
            "payload": r.payload | personal.get(r.pk, {}),
        }
        for r in rows
    ]
