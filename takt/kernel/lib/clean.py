"""Input brought into shape, or refused with what is wrong."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.lib.currencies import is_currency
from takt.kernel.lib.refusals import Invalid, Problem

LARGEST_AMOUNT = Decimal(10) ** 15


class Checks:
    """Gathers the problems of one form or one request, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, field: str, message: str, code: str = "invalid") -> None:
        self.problems.append(Problem(field, code, message))

    def finish(self) -> None:
        if self.problems:
            raise Invalid(self.problems[0].message if len(self.problems) == 1 else "", errors=self.problems)

    def text(self, field: str, value: Any, *, most: int, required: bool = False) -> str:
        if value is not None and not isinstance(value, str):
            self.wrong(field, _("Enter a text."))
            return ""
        cleaned = (value or "").strip()
        if "\x00" in cleaned:
            self.wrong(field, _("The text has a character that can't be stored."))
        elif required and not cleaned:
            self.wrong(field, _("This can't be empty."), "required")
        elif len(cleaned) > most:
            self.wrong(
                field,
                _("At most %(most)d characters; this has %(count)d.") % {"most": most, "count": len(cleaned)},
                "too_long",
            )
        return cleaned

    def amount(self, field: str, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.wrong(field, _("Enter an amount, such as 1250.50."))
            return None
        if not amount.is_finite() or abs(amount) >= LARGEST_AMOUNT:
            self.wrong(field, _("The amount is too large."), "too_large")
            return None
        if amount < 0:
            self.wrong(field, _("An amount can't be negative."), "negative")
            return None
        if amount != amount.quantize(Decimal("0.01")):
            self.wrong(field, _("At most two digits after the point."), "too_precise")
            return None
        return amount.quantize(Decimal("0.01"))

    def currency(self, field: str, value: Any) -> str:
        code = str(value or "").strip().upper()
        if code and not is_currency(code):
            sentence = _("“%(code)s” is no currency. Give the three letters of one to pay with, such as EUR.")
            self.wrong(field, sentence % {"code": code[:10]}, "unknown_currency")
        elif not code:
            self.wrong(field, _("Choose a currency by its three letters, such as EUR."), "unknown_currency")
        return code

    def percent(self, field: str, value: Any) -> int | None:
        if value is None or value == "":
            return None
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = -1
        if not 0 <= number <= 100:
            self.wrong(field, _("Enter a whole number from 0 to 100."), "out_of_range")
            return None
        return number

    def day(self, field: str, value: Any) -> dt.date | None:
        if value is None or value == "":
            return None
        if isinstance(value, dt.datetime):
            return value.date()
        try:
            day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        except ValueError:
            self.wrong(field, _("Enter a date as YYYY-MM-DD."))
            return None
        if not 1900 <= day.year <= 2200:
            self.wrong(field, _("The year must lie between 1900 and 2200."), "out_of_range")
            return None
        return day

    def tags(self, field: str, value: Any) -> list[str]:
        found: list[str] = []
        for tag in value or []:
            text = self.text(field, tag, most=40)
            if text and text not in found:
                found.append(text)
        if len(found) > 50:
            self.wrong(field, _("At most 50 tags."), "too_many")
        return found


def typed_number(text: str) -> str:
    """`1 250,50` and `1,250.50` as `1250.50`; what isn't a number is left for the command to refuse."""
    bare = "".join(text.split())
    if "." in bare:
        return bare.replace(",", "")
    head, comma, tail = bare.rpartition(",")
    return f"{head.replace(',', '')}.{tail}" if comma and len(tail) <= 2 else bare.replace(",", "")
