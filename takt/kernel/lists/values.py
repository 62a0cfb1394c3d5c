"""The values of a filter, read by the kind of their column."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.kernel.lists.periods import FIRST_YEAR, LAST_YEAR, Span, span
from takt.kernel.lists.spec import Column

LARGEST = Decimal(10) ** 15
LONGEST = 200
YES_NO = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,10})?", re.ASCII)
_ID = re.compile(r"\d{1,19}", re.ASCII)


@dataclass(frozen=True)
class Asker:
    """Who asks, and on which day of his."""

    user: User
    today: dt.date


class Unreadable(ValueError):
    """The text means nothing for this column."""


def parts(text: str) -> list[str]:
    r"""The alternatives of `a,b`; a comma of the value itself is written `\,`."""
    found = [p.replace("\\,", ",") for p in re.split(r"(?<!\\),", text)]
    if len(found) > LONGEST:
        raise Unreadable
    return found


def clean_text(text: str, most: int = LONGEST) -> str:
    if len(text) > most or "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Unreadable
    return text


def read(column: Column, text: str, asker: Asker) -> Any:
    """The typed value: Decimal or int, Span or datetime, bool, id of a record, text."""
    match column.kind:
        case "number" | "money":
            return _number(text)
        case "date":
            return _days(text, asker.today)
        case "datetime":
            return _moment(text, asker.today)
        case "bool":
            return yes_no(text)
        case "ref":
            return _ref(column, text, asker)
        case "choice" | "choices":
            return _choice(column, text, asker)
        case "tags":
            return clean_text(text.strip(), 40)
    return clean_text(text)


def yes_no(text: str) -> bool:
    if text not in YES_NO:
        raise Unreadable
    return YES_NO[text]


def _number(text: str) -> Decimal | int:
    if not _NUMBER.fullmatch(text):
        raise Unreadable
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable from None
    if abs(number) >= LARGEST:
        raise Unreadable
    return int(number) if number == number.to_integral_value() else number


def _days(text: str, today: dt.date) -> Span:
    found = span(text, today)
    if found is None:
        raise Unreadable
    return found


def _moment(text: str, today: dt.date) -> Span | dt.datetime:
    found = span(text, today)
    if found is not None:
        return found
    if len(text) > 40 or "T" not in text:
        raise Unreadable
    try:
        # A plus of the offset arrives as a space when it was not encoded.
        moment = dt.datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Unreadable from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unreadable
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _ref(column: Column, text: str, asker: Asker) -> int:
    if column.is_person and text == "me":
        return asker.user.pk
    if column.is_person and "@" in text:
        found = User.objects.filter(email__iexact=clean_text(text)).values_list("pk", flat=True).first()
        if found is None:
            raise Unreadable
        return found
    if not _ID.fullmatch(text) or not 0 < int(text) < 2**63:
        raise Unreadable
    return int(text)


def _choice(column: Column, text: str, asker: Asker) -> str:
    clean_text(text)
    if column.choices is not None and text not in {str(value) for value, _ in column.choices(asker.user)}:
        raise Unreadable
    return text
