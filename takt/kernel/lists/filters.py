"""What a list page says about its filters: the chips of those in force, and the form for others."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lists import groups as grouping
from takt.kernel.lists import periods
from takt.kernel.lists.asking import Asked
from takt.kernel.lists.groups import OR, Filter
from takt.kernel.lists.periods import Span
from takt.kernel.lists.spec import Column
from takt.kernel.ui import formats

WORDS: dict[str, Text] = {
    "eq": _l("is"),
    "ne": _l("is not"),
    "contains": _l("contains"),
    "gte": _l("from"),
    "lte": _l("up to"),
    "gt": _l("above"),
    "lt": _l("below"),
}
DAY_WORDS: dict[str, Text] = WORDS | {"eq": _l("in"), "gt": _l("after"), "lt": _l("before")}
# What the form itself can say; other filters in force are carried on as they are.
IN_FORM = {
    "text": ("contains",),
    "number": ("gte", "lte"),
    "money": ("gte", "lte"),
    "date": ("eq", "gte", "lte"),
    "datetime": ("eq", "gte", "lte"),
    "choice": ("eq",),
    "choices": ("eq",),
    "ref": ("eq",),
    "bool": ("eq",),
    "tags": ("eq",),
}


@dataclass(frozen=True)
class Chip:
    """A filter in force; `url` is the list without it."""

    label: str
    word: str
    value: str
    url: str


@dataclass(frozen=True)
class Group:
    """One alternative in force: its conditions, the groups inside it, and the list without it."""

    place: str  # "1", or "1-0" for the first inside the second
    chips: tuple[Chip, ...]
    url: str
    inside: tuple["Group", ...] = ()


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """One row of the form: `name` plus what its kind of input needs."""

    name: str
    label: str
    kind: str  # text, range, days, many, one
    value: str = ""
    least: str = ""
    most: str = ""
    options: tuple[Option, ...] = ()
    empty: tuple[Option, ...] = ()


def choices_of(column: Column, user: User) -> list[tuple[str, str]]:
    """What a column may be, for choice; people are everybody who works here."""
    if column.choices is not None:
        return [(str(value), str(label)) for value, label in column.choices(user)]
    if column.is_person:
        people = User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")[:300]
        return [("me", _("Me")), *[(str(pk), name) for pk, name in people]]
    return []


def chips(ask: Asked, path: str) -> list[Chip]:
    """The filters in force, in words."""
    known: dict[str, list[tuple[str, str]]] = {}
    for wanted in ask.filters:
        if wanted.column.name not in known:
            known[wanted.column.name] = choices_of(wanted.column, ask.user)
    found = [_chip(ask, f, path, known[f.column.name]) for f in ask.filters]
    if ask.q:
        found.insert(0, Chip(_("Words"), "", ask.q, _link(path, ask.query(q=""))))
    return found


def groups(ask: Asked, path: str) -> list[Group]:
    """The alternatives in force, in words."""
    known: dict[str, list[tuple[str, str]]] = {}

    def told(group: grouping.Group, place: tuple[int, ...]) -> Group:
        for wanted in group.filters:
            if wanted.column.name not in known:
                known[wanted.column.name] = choices_of(wanted.column, ask.user)
        rest = ask.whole.without(place)
        url = _link(path, replace(ask, filters=rest.filters, groups=rest.groups).query())
        words = tuple(_chip(ask, f, path, known[f.column.name]) for f in group.filters)
        inside = tuple(told(inner, (*place, n)) for n, inner in enumerate(group.groups))
        return Group("-".join(map(str, place)), words, url, inside)

    return [told(group, (place,)) for place, group in enumerate(ask.groups)]


def _link(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _chip(ask: Asked, wanted: Filter, path: str, known: list[tuple[str, str]]) -> Chip:
    column = wanted.column
    url = _link(path, ask.query(without=[wanted.key]))
    if wanted.operator == "empty":
        word = _("is empty") if wanted.values[0] else _("is filled")
        return Chip(str(column.label), word, "", url)
    words = DAY_WORDS if column.kind in {"date", "datetime"} else WORDS
    labels = dict(known)
    texts = wanted.text.split(",") if wanted.operator in {"eq", "ne"} else [wanted.text]
    value = ", ".join(_value(column, v, t, labels) for v, t in zip(wanted.values, texts, strict=False))
    return Chip(str(column.label), str(words[wanted.operator]), value, url)


def _value(column: Column, value: Any, text: str, labels: dict[str, str]) -> str:
    if text in labels or str(value) in labels:
        return labels.get(text) or labels[str(value)]
    match value:
        case bool():
            return _("yes") if value else _("no")
        case Span():
            named = {name: str(label) for name, label in periods.names()}
            text = text.replace(" ", "+")
            if text in named:
                return named[text]
            return formats.date(value.day.first) if text[:1].isdigit() else text
        case str():
            return value
    if column.is_number:
        return formats.number(value)
    return text


def form_fields(ask: Asked, known: dict[str, list[tuple[str, str]]]) -> list[Field]:
    """The form's rows, filled with the filters in force."""
    held = {f.key: f.text for f in ask.filters}
    return [
        found
        for column in ask.spec.columns
        if column.filterable and (found := _field(column, held, known.get(column.name, []))) is not None
    ]


def _field(column: Column, held: dict[str, str], known: list[tuple[str, str]]) -> Field | None:
    name, label, value = column.name, str(column.label), held.get(column.name, "")
    least, most = held.get(f"{name}__gte", ""), held.get(f"{name}__lte", "")
    empty = _empty(column, held)
    match column.kind:
        case "text":
            return Field(f"{name}__contains", label, "text", held.get(f"{name}__contains", ""))
        case "tags":
            return Field(name, label, "text", value, empty=empty)
        case "number" | "money":
            return Field(name, label, "range", least=least, most=most, empty=empty)
        case "date" | "datetime":
            named = [(key, str(text)) for key, text in periods.names()]
            options = _options([("", _("Any time")), *named], [value.replace(" ", "+")])
            return Field(name, label, "days", value, least, most, options, empty)
        case "bool":
            options = _options([("", _("All")), ("true", _("Yes")), ("false", _("No"))], [value])
            return Field(name, label, "one", value, options=options)
    if not known:
        return None
    return Field(name, label, "many", value, options=_options(known, value.split(",")), empty=empty)


def _empty(column: Column, held: dict[str, str]) -> tuple[Option, ...]:
    if not column.nullable or "empty" not in column.operators:
        return ()
    words = [("", _("Filled or empty")), ("true", _("Empty")), ("false", _("Filled"))]
    return _options(words, [held.get(f"{column.name}__empty", "")])


def _options(known: list[tuple[str, str]], chosen: list[str]) -> tuple[Option, ...]:
    return tuple(Option(value, label, value in chosen) for value, label in known)


def kept(ask: Asked, fields: list[Field]) -> list[tuple[str, str]]:
    """What the form has no input for and sends along unseen."""
    names = {f.name.split("__")[0] for f in fields}
    pairs = [
        (f.key, f.text)
        for f in ask.filters
        if f.column.name not in names
        or (f.operator not in IN_FORM[f.column.kind] and not (f.operator == "empty" and f.column.nullable))
        or (f.column.kind in {"date", "datetime"} and f.operator == "eq" and not _is_offered(f.text))
    ]
    pairs += list(ask.other)
    pairs += [(OR, text) for text in ask.group_texts]
    if ask.q:
        pairs.append(("q", ask.q))
    if ask.sort != ask.spec.default_sort:
        pairs.append(("sort", ask.sort))
    return pairs


def _is_offered(text: str) -> bool:
    return text.replace(" ", "+") in {name for name, _label in periods.names()}
