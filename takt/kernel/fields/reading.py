"""One value of a field of one's own, by its kind: read from what was given into the form that is stored."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.files.models import HELD
from takt.kernel.lib.addresses import normal_email, normal_phone, normal_website, region_of
from takt.kernel.lib.clean import LARGEST_AMOUNT, Checks

LONGEST = {"text": 400, "long_text": 20_000, "url": 500}
FINEST = Decimal("0.000001")
YES, NO = {"true", "1", "on", "yes"}, {"false", "0", "off", "no"}


class NotTaken(Exception):
    """The value means nothing for its field."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(code)
        self.message, self.code = message, code


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
    if definition.kind == FieldKind.FILE and text.startswith(HELD) and len(text) < 60:
        return text
    raise NotTaken(unknown(definition), "unknown")


def unknown(definition: FieldDefinition) -> str:
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
