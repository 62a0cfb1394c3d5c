"""Values of one's own fields, read from what a person or a program gives: one stored form for each kind.

Text, web address, phone and e-mail are texts; a number is a decimal as text; money `{"amount", "currency"}`; a date
`YYYY-MM-DD`; a moment `YYYY-MM-DDTHH:MM:SSZ`; a choice its key, several choices a list of keys; yes or no true or
false; a colleague, a company, a contact and a file a number. An empty value isn't stored.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.addresses import normal_email, normal_phone, normal_website, region_of
from takt.kernel.lib.clean import LARGEST_AMOUNT, Checks

LONGEST = {"text": 400, "long_text": 20_000, "url": 500}
FINEST = Decimal("0.000001")
# By name, because these rooms stand higher.
REFERENCES = {"company": "contacts.Company", "contact": "contacts.Contact", "file": "files.File"}
YES, NO = {"true", "1", "on", "yes"}, {"false", "0", "off", "no"}

type Names = Mapping[tuple[str, int], str]


class NotTaken(Exception):
    """The value means nothing for its field."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(code)
        self.message, self.code = message, code


@dataclass(frozen=True)
class Written:
    """The values as they will be stored, and what changes by that, as the timeline keeps it."""

    custom: dict[str, Any]
    changes: list[dict[str, Any]]


def read_values(
    entity: str,
    stored: Mapping[str, Any],
    given: Mapping[str, Any] | None,
    *,
    by: Actor,
    checks: Checks,
    record: int | None = None,
    is_new: bool = False,
) -> Written:
    """What the record's own fields become; only the fields of `given` change, and an empty value takes one away.

    `given` None means that nobody was asked. A new record has to bring what is required. What is wrong goes to
    `checks` under `custom.<slug>`.
    """
    if given is None:
        return Written(dict(stored), [])
    known = {d.slug: d for d in FieldDefinition.objects.of(entity, record).active()}
    wanted: dict[str, Any] = {}
    for slug, value in given.items():
        definition = known.get(slug)
        if definition is None:
            checks.wrong(
                f"custom.{slug[:40]}", _("There is no such field, or it is retired."), "unknown_field"
            )
            continue
        try:
            wanted[slug] = read_value(definition, value, stored.get(slug))
        except NotTaken as problem:
            checks.wrong(f"custom.{slug}", problem.message, problem.code)
    _check_references(known, wanted, stored, by, checks, (entity, record))
    for slug, definition in known.items():
        is_asked = slug in wanted or (is_new and slug not in given)
        # A file is attached to what stands already, so a new record can't bring it.
        if is_new and definition.kind == FieldKind.FILE:
            continue
        if definition.is_required and is_asked and wanted.get(slug) is None:
            checks.wrong(f"custom.{slug}", _("This can't be empty."), "required")
    custom = {s: v for s, v in (dict(stored) | wanted).items() if v is not None}
    return Written(custom, changes_between(known.values(), stored, custom))


def read_value(definition: FieldDefinition, value: Any, stored: Any = None) -> Any:
    """The stored form of one value, None where it is empty; NotTaken says what is wrong."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    found = _READERS[FieldKind(definition.kind)](definition, value, stored)
    return None if found == "" or found == [] else found


def _text(definition: FieldDefinition, value: Any, stored: Any) -> str:
    most = LONGEST.get(definition.kind, 400)
    checks = Checks()
    if isinstance(value, str) and definition.kind != FieldKind.LONG_TEXT:
        value = " ".join(value.split())
    found = checks.text("", value, most=most)
    _first_problem(checks)
    return found


def _first_problem(checks: Checks) -> None:
    if checks.problems:
        raise NotTaken(str(checks.problems[0].message), checks.problems[0].code)


def _number(definition: FieldDefinition, value: Any, stored: Any) -> str:
    try:
        if isinstance(value, bool | dict | list):
            raise InvalidOperation
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise NotTaken(_("Enter a number, such as 12.5.")) from None
    if not number.is_finite() or abs(number) >= LARGEST_AMOUNT:
        raise NotTaken(_("The number is too large."), "too_large")
    if number != number.quantize(FINEST):
        raise NotTaken(_("At most six digits after the point."), "too_precise")
    return format(number.normalize(), "f") if number else "0"


def _money(definition: FieldDefinition, value: Any, stored: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping) or set(value) - {"amount", "currency"}:
        raise NotTaken(_("Enter an amount and its currency."))
    checks = Checks()
    amount = checks.amount("", value.get("amount"))
    if amount is None and not checks.problems:
        return None
    currency = checks.currency("", value.get("currency")) if not checks.problems else ""
    _first_problem(checks)
    return {"amount": str(amount), "currency": currency}


def _date(definition: FieldDefinition, value: Any, stored: Any) -> str:
    checks = Checks()
    day = checks.day("", value)
    _first_problem(checks)
    return day.isoformat() if day else ""


def _datetime(definition: FieldDefinition, value: Any, stored: Any) -> str:
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
        moment = moment if moment.tzinfo else timezone.make_aware(moment)
        moment = moment.astimezone(dt.UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise NotTaken(_("Enter a date and a time, such as 2026-03-31T14:30.")) from None
    if not 1900 <= moment.year <= 2200:
        raise NotTaken(_("The year must lie between 1900 and 2200."), "out_of_range")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _choice(definition: FieldDefinition, value: Any, stored: Any) -> str:
    if not isinstance(value, str) or value not in dict(definition.offered(stored or "")):
        raise NotTaken(_("Choose one of the options."), "unknown")
    return str(value)


def _choices(definition: FieldDefinition, value: Any, stored: Any) -> list[str]:
    chosen = [value] if isinstance(value, str) else value
    if not isinstance(chosen, list | tuple):
        raise NotTaken(_("Choose among the options."), "unknown")
    offered = [key for key, _label in definition.offered(*(stored or ()))]
    if any(c not in offered for c in chosen):
        raise NotTaken(_("Choose among the options."), "unknown")
    return [key for key in offered if key in chosen]


def _yes_no(definition: FieldDefinition, value: Any, stored: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in YES | NO:
        raise NotTaken(_("Answer yes or no."))
    return text in YES


def _reference(definition: FieldDefinition, value: Any, stored: Any) -> Any:
    """The number of a record, or a colleague's e-mail address; whether it stands is asked for all at once."""
    found = getattr(value, "pk", value)
    text = str(found).strip()
    if not isinstance(found, bool) and text.isascii() and text.isdigit() and 0 < int(text) < 2**63:
        return int(text)
    if definition.kind == FieldKind.USER and "@" in text and "\x00" not in text:
        return text.lower()
    raise NotTaken(_unknown(definition), "unknown")


def _unknown(definition: FieldDefinition) -> str:
    return {
        FieldKind.USER: _("Choose an active colleague."),
        FieldKind.COMPANY: _("There is no such company."),
        FieldKind.CONTACT: _("There is no such contact."),
        FieldKind.FILE: _("Choose one of the files attached to this record."),
    }[FieldKind(definition.kind)]


def _url(definition: FieldDefinition, value: Any, stored: Any) -> str:
    text = _text(definition, value, stored)
    found = normal_website(text) if text else ""
    if found is None or len(found) > LONGEST["url"]:
        raise NotTaken(_("Enter a web address, such as example.com."))
    return found


def _phone(definition: FieldDefinition, value: Any, stored: Any) -> str:
    text = _text(definition, value, stored)
    found = normal_phone(text[:60], region_of(settings.LANGUAGE_CODE)) if text else ""
    if found is None:
        raise NotTaken(_("Enter a phone number with its country code, such as +49 30 123456."))
    return found


def _email(definition: FieldDefinition, value: Any, stored: Any) -> str:
    text = _text(definition, value, stored)
    found = normal_email(text) if text else ""
    if found is None:
        raise NotTaken(_("Enter an e-mail address, such as name@example.com."))
    return found


_READERS: dict[FieldKind, Callable[[FieldDefinition, Any, Any], Any]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.MONEY: _money,
    FieldKind.DATE: _date,
    FieldKind.DATETIME: _datetime,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.YES_NO: _yes_no,
    FieldKind.USER: _reference,
    FieldKind.COMPANY: _reference,
    FieldKind.CONTACT: _reference,
    FieldKind.URL: _url,
    FieldKind.PHONE: _phone,
    FieldKind.EMAIL: _email,
    FieldKind.FILE: _reference,
}


def _check_references(
    known: Mapping[str, FieldDefinition],
    wanted: dict[str, Any],
    stored: Mapping[str, Any],
    by: Actor,
    checks: Checks,
    owner: tuple[str, int | None],
) -> None:
    """A reference that is new has to be a record that the person may see; what stands already may stay."""
    asked: dict[str, list[Any]] = {}
    for slug, value in wanted.items():
        if value is not None and known[slug].is_reference and value != stored.get(slug):
            asked.setdefault(known[slug].kind, []).append(value)
    seen = {kind: _standing(kind, refs, by, owner) for kind, refs in asked.items()}
    for slug, value in list(wanted.items()):
        definition = known[slug]
        if value is None or not definition.is_reference or value == stored.get(slug):
            continue
        found = seen[definition.kind].get(value)
        if found is None:
            checks.wrong(f"custom.{slug}", _unknown(definition), "unknown")
        wanted[slug] = found


def _standing(kind: str, refs: list[Any], by: Actor, owner: tuple[str, int | None]) -> dict[Any, int]:
    """Of these references those that stand: what was given, and the number it means."""
    if kind == FieldKind.USER:
        people = User.objects.all() if by.is_historic else User.objects.filter(is_active=True)
        emails = [r for r in refs if isinstance(r, str)]
        ids = [r for r in refs if isinstance(r, int)]
        found: dict[Any, int] = {pk: pk for pk in people.filter(pk__in=ids).values_list("pk", flat=True)}
        if emails:
            found |= {e.lower(): pk for pk, e in people.filter(email__in=emails).values_list("pk", "email")}
        return found
    rows: Any = apps.get_model(REFERENCES[kind])._default_manager
    if kind == FieldKind.FILE:  # one of the record's own
        rows = rows.filter(kind=owner[0], object_id=owner[1] or 0)
    return {pk: pk for pk in rows.visible_to(by.user).filter(pk__in=refs).values_list("pk", flat=True)}


def names_of(
    definitions: Iterable[FieldDefinition], rows: Iterable[Mapping[str, Any]], user: User | None
) -> Names:
    """The names of all colleagues, companies and contacts in these values, as far as the reader may see them."""
    asked: dict[str, set[int]] = {}
    references = [d for d in definitions if d.is_reference]
    if not references:
        return {}
    for custom in rows:
        for definition in references:
            if isinstance(value := custom.get(definition.slug), int):
                asked.setdefault(definition.kind, set()).add(value)
    return visible_names(asked, user)


def visible_names(asked: Mapping[str, Iterable[int]], user: User | None) -> Names:
    """Names by (kind, number), one question per kind."""
    found: dict[tuple[str, int], str] = {}
    for kind, ids in asked.items():
        if kind == FieldKind.USER:
            rows: Any = User.objects.all()
        else:
            rows = apps.get_model(REFERENCES[kind])._default_manager
            rows = rows.visible_to(user)
        found |= {(kind, pk): name for pk, name in rows.filter(pk__in=list(ids)).values_list("pk", "name")}
    return found


def changes_between(
    definitions: Iterable[FieldDefinition], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What changes from `old` to `new`, under the names that the fields have now."""
    changed = [d for d in definitions if old.get(d.slug) != new.get(d.slug)]
    people = names_of([d for d in changed if d.kind == FieldKind.USER], (old, new), None)
    return [
        {
            "field": f"custom.{d.slug}",
            "label": d.name,
            "old": _told(d, old.get(d.slug), people),
            "new": _told(d, new.get(d.slug), people),
        }
        for d in changed
    ]


def _told(definition: FieldDefinition, value: Any, people: Names) -> Any:
    """A value as the timeline keeps it; a company and a contact as a reference, because they may be hidden."""
    if value is None:
        return None
    match definition.kind:
        case FieldKind.MONEY:
            return f"{value['amount']} {value['currency']}"
        case FieldKind.CHOICE:
            return definition.labels().get(value, value)
        case FieldKind.CHOICES:
            labels = definition.labels()
            return [labels.get(v, v) for v in value]
        case FieldKind.USER:
            return people.get((FieldKind.USER, value), str(value))
        case FieldKind.COMPANY | FieldKind.CONTACT | FieldKind.FILE:
            return {"entity": definition.kind, "id": value}
    return value


def readable(
    definitions: Iterable[FieldDefinition], rows: list[dict[str, Any]], user: User | None
) -> list[dict[str, Any]]:
    """The values as a program reads them: of fields in use, without references hidden from the reader."""
    fields = list(definitions)
    names = names_of(fields, rows, user)
    return [
        {
            d.slug: value
            for d in fields
            if (value := custom.get(d.slug)) is not None
            and not (d.is_reference and (d.kind, value) not in names)
        }
        for custom in rows
    ]
