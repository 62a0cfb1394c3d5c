"""The history of one record, ready to show: who did what, when, and what changed."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.events.models import EventSubject
from takt.kernel.events.sealing import unseal_all
from takt.kernel.events.sentences import field_label, sentence_of, shown
from takt.kernel.fields.values import REFERENCES, visible_names
from takt.kernel.lib.refusals import Invalid, Text
from takt.kernel.lib.standing import standing
from takt.kernel.lists.notes import NoteView, notes_by_key, pieces_of
from takt.kernel.lists.spec import listed
from takt.kernel.lists.subjects import all_names_of, model_of, seen
from takt.kernel.ui import formats

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
ONLY = {
    "all": Q(),
    "notes": Q(event__kind__startswith="note."),
    "tasks": Q(event__kind__startswith="task."),
    "changes": ~Q(event__kind__startswith="note.") & ~Q(event__kind__startswith="task."),
}
# Fields whose events keep the number of a record.
BY_NUMBER = {"parent": "company", "company": "company", "contact": "contact"}
CARD = ("body", "result", "comment", "message")
ICONS = {
    "deal.won": "trophy",
    "deal.lost": "circle-x",
    "deal.moved": "arrow-right",
    "deal.owner_changed": "user-check",
    "deal.deleted": "trash",
    "deal.snoozed": "hourglass",
    "deal.shared": "user-share",
    "deal.unshared": "user-share",
    "deal.participant_added": "user-plus",
    "deal.participant_removed": "users",
    "deal.watched": "eye",
    "deal.unwatched": "eye",
    "note.pinned": "pin",
    "note.unpinned": "pinned-off",
    "task.rescheduled": "clock",
    "task.cancelled": "x",
}
ICONS_BY_ROOM = {
    "deal": "briefcase",
    "task": "checkbox",
    "note": "note",
    "company": "building",
    "contact": "user",
    "product": "package",
    "file": "paperclip",
}
ICONS_OF_TASKS = {
    "call": "phone",
    "email": "mail",
    "messenger": "message-circle",
    "linkedin": "brand-linkedin",
    "meeting": "calendar-event",
}
_PLACE = re.compile(r"(-?\d{1,18})-(\d{1,19})", re.ASCII)


@dataclass(frozen=True)
class Change:
    """One field: its label, what stood there and what stands there now."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One fact: `actor` did `sentence`; `text` is what he wrote, `changes` what he changed."""

    id: int
    kind: str
    at: dt.datetime
    actor: str
    actor_id: int | None
    initials: str
    is_mine: bool
    sentence: str
    icon: str
    via: str = ""
    text: str = ""
    changes: list[Change] = field(default_factory=list)
    day: str = ""  # set on the first entry of a day
    time: str = ""
    note: NoteView | None = None  # as it stands now, under the fact of its writing
    pieces: list[Any] = field(default_factory=list)  # what he wrote, with links


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    next_before: str | None = None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def timeline(
    kind: str, object_id: int, user: User, before: str | None = None, only: str = "all", limit: int = 30
) -> Timeline:
    """The newest facts about a record first. The caller has made sure that `user` may see the record."""
    if only not in ONLY:
        raise Invalid.field("only", _("There is no such part of the history."), "unknown")
    numbers = all_names_of(kind, object_id)
    if len(numbers) == 1 and only == "all" and not before and owners_within(user, "deal") is None:
        found = _newest(kind, object_id, (limit + 1,))
    else:
        rows = seen(_about(kind, numbers).filter(ONLY[only]), user)
        if before:
            at, number = _place(before)
            rows = rows.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(event_id__lt=number)))
        found = list(_in_order(rows)[: limit + 1])
    has_more, found = len(found) > limit, found[:limit]
    people = _people({r.event__actor for r in found if r.event__actor is not None})
    personal = _personal(found)
    payloads = {row.event_id: row.event__payload | personal.get(row.event_id, {}) for row in found}
    _name_references(list(payloads.values()), user)
    notes = notes_by_key(_notes_among(found, payloads), user)
    entries: list[Entry] = []
    last_day: dt.date | None = None
    for row in found:
        payload = payloads[row.event_id]
        local = timezone.localtime(row.at)
        note = notes.get(payload.get("note", 0)) if row.event__kind.startswith("note.") else None
        entries.append(_entry(row, payload, people, user, local, note, is_new_day=local.date() != last_day))
        last_day = local.date()
    return Timeline(entries, _place_of(found[-1].at, found[-1].event_id) if has_more else None)


def _in_order(rows: QuerySet[EventSubject]) -> QuerySet[Any]:
    fields = ("event_id", "at", *(f"event__{f}" for f in ("kind", "actor", "via", "payload", "sealed")))
    return rows.order_by("-at", "-event_id").values_list(*fields, named=True)


@standing
def _newest(kind: str, number: int, limit: tuple[int]) -> QuerySet[Any]:
    """The first page for whoever sees every deal."""
    return _in_order(_about(kind, [number]))[: limit[0]]


def _notes_among(rows: list[Any], payloads: dict[int, dict[str, Any]]) -> set[int]:
    found = {payloads[r.event_id].get("note") for r in rows if r.event__kind.startswith("note.")}
    return {number for number in found if isinstance(number, int)}


def _about(kind: str, numbers: list[int]) -> QuerySet[EventSubject]:
    """The facts about a record under all its numbers, each once."""
    if len(numbers) == 1:
        return EventSubject.objects.filter(kind=kind, object_id=numbers[0])
    earlier = EventSubject.objects.filter(
        event=OuterRef("event"), kind=kind, object_id__in=numbers, object_id__lt=OuterRef("object_id")
    )
    return EventSubject.objects.filter(~Exists(earlier), kind=kind, object_id__in=numbers)


def _place_of(at: dt.datetime, number: int) -> str:
    return f"{(at - EPOCH) // MICROSECOND}-{number}"


def _place(text: str) -> tuple[dt.datetime, int]:
    found = _PLACE.fullmatch(text)
    try:
        if found is None or int(found[2]) >= 2**63:
            raise ValueError
        return EPOCH + int(found[1]) * MICROSECOND, int(found[2])
    except (ValueError, OverflowError):
        raise Invalid.field("before", _("This place in the history can't be read."), "unreadable") from None


def _people(ids: set[int]) -> dict[int, User]:
    if not ids:
        return {}
    return {row.pk: row for row in User.objects.filter(pk__in=ids).only("id", "name")}


def _personal(rows: list[Any]) -> dict[int, dict[str, Any]]:
    sealed = [(r.event_id, bytes(r.event__sealed)) for r in rows if r.event__sealed is not None]
    values = unseal_all([blob for _number, blob in sealed])
    return {number: found or {} for (number, _blob), found in zip(sealed, values, strict=True)}


def _name_references(payloads: list[dict[str, Any]], user: User) -> None:
    """Put names in place of references among the changes, as far as the reader may see what they name."""
    changes = [
        c
        for p in payloads
        if isinstance(found := p.get("changes"), list)
        for c in found
        if isinstance(c, dict)
    ]
    for change in changes:
        if kind := BY_NUMBER.get(str(change.get("field"))):
            change |= {
                side: {"entity": kind, "id": change[side]}
                for side in ("old", "new")
                if type(change.get(side)) is int
            }
    places = [(c, side) for c in changes for side in ("old", "new") if _is_reference(c.get(side))]
    asked: dict[str, set[int]] = {}
    for change, side in places:
        asked.setdefault(change[side]["entity"], set()).add(change[side]["id"])
    names = visible_names(asked, user)
    for change, side in places:
        change[side] = names.get((change[side]["entity"], change[side]["id"]), _("Hidden from you"))


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.get("entity") in REFERENCES and isinstance(value.get("id"), int)


def _entry(
    row: Any,
    payload: dict[str, Any],
    people: dict[int, User],
    user: User,
    local: dt.datetime,
    note: NoteView | None,
    *,
    is_new_day: bool,
) -> Entry:
    actor = people.get(row.event__actor)
    kind = row.event__kind
    # What a removed note said is no longer shown, neither as it was written nor as it was changed.
    is_gone = kind.startswith("note.") and (note is None or note.is_gone)
    text = "" if note or is_gone else next((str(payload[key]) for key in CARD if payload.get(key)), "")
    return Entry(
        id=row.event_id,
        kind=kind,
        at=row.at,
        actor=actor.name if actor else "Takt",
        actor_id=row.event__actor,
        initials=actor.initials if actor else "T",
        is_mine=row.event__actor == user.pk,
        sentence=sentence_of(kind, payload),
        icon=_icon(kind, payload),
        via=_road(row.event__via),
        text=text,
        pieces=pieces_of(text) if text else [],
        note=note if kind == "note.added" else None,
        changes=[] if is_gone else changes_of(kind, payload),
        day=_day(local.date()) if is_new_day else "",
        time=formats.time(local),
    )


def changes_of(kind: str, payload: dict[str, Any]) -> list[Change]:
    """What was changed, field by field."""
    found = payload.get("changes")
    if not isinstance(found, list):
        return []
    entity = kind.partition(".")[0]
    names, words = _labels(entity), _words(entity, {c.get("field") for c in found if isinstance(c, dict)})
    return [
        Change(
            str(c.get("label") or names.get(field := str(c.get("field", ""))) or field_label(field)),
            shown(_worded(words, c, "old")),
            shown(_worded(words, c, "new")),
        )
        for c in found
        if isinstance(c, dict)
    ]


def _words(entity: str, fields: set[Any]) -> dict[str, dict[Any, str]]:
    """What the codes of fields with a list of their own words are called."""
    return {
        c.name: {value: str(label) for value, label in known}
        for spec in listed.values()
        if spec.entity == entity
        for c in spec.columns
        if c.name in fields and c.kind == "choice" and (known := _fixed_choices(entity, c.name))
    }


def _fixed_choices(entity: str, name: str) -> list[tuple[Any, Any]]:
    """The words that the model itself knows; other lists are asked of nobody here."""
    model = model_of(entity)
    try:
        known: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return []
    return list(getattr(known, "choices", None) or [])


def _worded(words: dict[str, dict[Any, str]], change: dict[str, Any], side: str) -> Any:
    value = change.get(side)
    known = words.get(str(change.get("field")))
    return known.get(value, value) if known and isinstance(value, str) else value


# Names of fields that are no column of a list, by the kind of record; rooms add theirs.
field_labels: dict[str, dict[str, Text]] = {}


def _labels(entity: str) -> dict[str, str]:
    more = {name: str(label) for name, label in field_labels.get(entity, {}).items()}
    listed_ones = {
        c.name: str(c.label) for spec in listed.values() if spec.entity == entity for c in spec.columns
    }
    return more | listed_ones


def _icon(kind: str, payload: dict[str, Any]) -> str:
    if kind in ICONS:
        return ICONS[kind]
    room = kind.partition(".")[0]
    if room == "task" and payload.get("type") in ICONS_OF_TASKS:
        return ICONS_OF_TASKS[payload["type"]]
    return ICONS_BY_ROOM.get(room, "activity")


def _road(via: str) -> str:
    """How it came about, where it was not a person at a page."""
    return {
        "api": _("through the API"),
        "import": _("by import"),
        "rule": _("by a rule"),
        "timer": _("by itself"),
        "demo": "",
        "restore": _("from a backup"),
    }.get(via.partition(":")[0], "")


def _day(day: dt.date) -> str:
    today = timezone.localdate()
    text = formats.date(day)
    if day == today:
        return _("Today, %(day)s") % {"day": text}
    if day == today - dt.timedelta(days=1):
        return _("Yesterday, %(day)s") % {"day": text}
    return text
