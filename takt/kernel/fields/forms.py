"""Inputs for one's own fields, the same in every form; what was typed stays in them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.values import names_of
from takt.kernel.files.commands import held_file
from takt.kernel.files.models import File
from takt.kernel.lib.clean import typed_number

TYPES = {
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.NUMBER: "number",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime-local",
    FieldKind.URL: "text",
    FieldKind.PHONE: "tel",
    FieldKind.EMAIL: "email",
}
PICKS = {FieldKind.COMPANY: "/companies/pick", FieldKind.CONTACT: "/contacts/pick"}


@dataclass
class Input:
    """One field of a form; `control` is what the template draws: plain, money, one, many, pick, file or hidden."""

    name: str
    label: str
    control: str
    type: str = "text"
    value: Any = ""
    currency: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    pick: str = ""
    is_required: bool = False
    hint: str = ""
    error: str = ""


def posted(post: QueryDict) -> dict[str, Any]:
    """The values that a form sent, by slug; a field that the form didn't have isn't among them."""
    found: dict[str, Any] = {}
    for key in post:
        if not key.startswith("cf_"):
            continue
        slug, _dash, part = key[3:].partition("__")
        if part == "currency":
            amount = typed_number(post.get(f"cf_{slug}", ""))
            found[slug] = {"amount": amount, "currency": post[key]} if amount else None
        elif part == "many":
            found[slug] = [v for v in post.getlist(f"cf_{slug}") if v]
        elif slug not in found:
            found[slug] = post[key]
    return found


def inputs(
    definitions: Iterable[FieldDefinition],
    custom: Mapping[str, Any],
    user: User | None,
    given: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
    record: tuple[str, int] | None = None,
) -> list[Input]:
    """The form's fields: filled with what was `given`, else with what is stored.

    A file is uploaded, or chosen among those of the `record`.
    """
    fields = list(definitions)
    of_files = [d for d in fields if d.kind == FieldKind.FILE]
    files = _held([(given or {}).get(d.slug) for d in of_files], user) if of_files else []
    files += _files(*record) if of_files and record is not None else []
    values = dict(custom) | dict(given or {})
    names = names_of(fields, [custom, _numbers(given or {})], user)
    people = _people() if any(d.kind == FieldKind.USER for d in fields) else []
    return [
        _input(
            d,
            values.get(d.slug),
            custom.get(d.slug),
            names,
            files if d.kind == FieldKind.FILE else people,
            (errors or {}).get(f"custom.{d.slug}", ""),
        )
        for d in fields
    ]


def _numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        slug: int(v)
        for slug, v in given.items()
        if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 19
    }


def _held(values: Iterable[Any], user: User | None) -> list[tuple[str, str]]:
    """What was uploaded with the form already, by what stands for it there."""
    held = [held_file(v, user) for v in values if isinstance(v, str)]
    return [(h.word, _("%(name)s, uploaded just now") % {"name": h.name}) for h in held if h is not None]


def _files(kind: str, number: int) -> list[tuple[str, str]]:
    rows = File.objects.of(kind, number).values_list("pk", "name")[:200]
    return [(str(pk), name) for pk, name in rows]


def _people() -> list[tuple[str, str]]:
    rows = User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")[:300]
    return [(str(pk), name) for pk, name in rows]


def _input(
    definition: FieldDefinition,
    value: Any,
    stored: Any,
    names: Any,
    people: list[tuple[str, str]],
    error: Any,
) -> Input:
    found = Input(
        name=definition.column,
        label=definition.name,
        control="plain",
        value="" if value is None else value,
        is_required=definition.is_required,
        hint=definition.hint,
        error=str(error),
    )
    blank = ("", "–")
    match definition.kind:
        case FieldKind.MONEY:
            money = value if isinstance(value, dict) else {}
            found.control, found.value = "money", money.get("amount") or ""
            found.currency = money.get("currency") or settings.TAKT_CURRENCY
        case FieldKind.CHOICE:
            found.control, found.options = "one", [blank, *definition.offered(stored or "")]
        case FieldKind.CHOICES:
            found.control, found.options = "many", definition.offered(*(stored or ()))
            found.value = value if isinstance(value, list) else []
        case FieldKind.YES_NO:
            found.control, found.options = "one", [blank, ("true", _("yes")), ("false", _("no"))]
            found.value = {True: "true", False: "false"}.get(value, value or "")
        case FieldKind.FILE:
            is_gone = stored is not None and str(stored) not in dict(people)
            extra = [(str(stored), _("A file in the recycle bin"))] if is_gone else []
            found.control, found.options = "file", [blank, *extra, *people]
            found.value = str(found.value) if str(found.value) in dict(found.options) else ""
        case FieldKind.USER:
            known = dict(people)
            name = names.get((FieldKind.USER, stored)) if stored else None
            extra = [(str(stored), name)] if name and str(stored) not in known else []
            found.control, found.options = "one", [blank, *extra, *people]
        case FieldKind.COMPANY | FieldKind.CONTACT:
            number = int(value) if str(value).isascii() and str(value).isdigit() else None
            name = names.get((definition.kind, number)) if number else None
            if stored is not None and number == stored and name is None:
                found.control = "hidden"
            else:
                found.control, found.pick = "pick", PICKS[FieldKind(definition.kind)]
                found.options = [blank, *([(str(number), name)] if name else [])]
                found.value = number or ""
        case FieldKind.DATETIME:
            found.type, found.value = "datetime-local", _local(value)
        case _:
            found.type = TYPES.get(FieldKind(definition.kind), "text")
    return found


def _local(value: Any) -> str:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return str(value or "")
    moment = timezone.localtime(moment) if moment.tzinfo else moment
    return moment.strftime("%Y-%m-%dT%H:%M")
