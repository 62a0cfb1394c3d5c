"""The cells of one row as values; what can't be read is gathered, so that a row tells all that is wrong with it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.gateways.transfer.fields import field_of
from takt.gateways.transfer.reading import NotAValue
from takt.gateways.transfer.reading.dates import DateOrder, parse_date, parse_datetime
from takt.gateways.transfer.reading.numbers import DecimalMark, parse_number
from takt.gateways.transfer.reading.words import parse_bool, split_many
from takt.kernel.lib.clean import LARGEST_AMOUNT
from takt.kernel.lib.currencies import is_currency
from takt.sales.contacts.rules import normal_email, normal_phone, region_of

CENT = Decimal("0.01")
# Each row is read twice, checked and then written, and in many files a number stands in many rows.
_phone = lru_cache(maxsize=20_000)(normal_phone)
_email = lru_cache(maxsize=20_000)(normal_email)
_LINED = {"about", "body"}


@dataclass(frozen=True)
class Notation:
    """How the file writes dates and numbers."""

    date_order: DateOrder | None = None
    decimal: DecimalMark | None = None


class Columns:
    """Which cells make which field, computed once per file."""

    def __init__(self, kind: str, mapping: Sequence[str | None]) -> None:
        self.kind = kind
        self.single: list[tuple[str, int]] = []
        self.gathered: list[tuple[str, str, list[int]]] = []
        places: dict[str, list[int]] = {}
        for place, name in enumerate(mapping):
            if name:
                places.setdefault(name, []).append(place)
        for name, found in places.items():
            if len(found) == 1:
                self.single.append((name, found[0]))
            else:
                glue = (
                    "\n"
                    if name in _LINED
                    else "; "
                    if name in {"tags", "interests", "phones", "emails"}
                    else ", "
                )
                self.gathered.append((name, glue, found))

    def values(self, cells: Sequence[str | None]) -> dict[str, str]:
        """Field: text, without blanks."""
        found = {}
        for name, place in self.single:
            cell = cells[place]
            if cell:
                found[name] = cell
        for name, glue, places in self.gathered:
            texts = [t for p in places if (t := cells[p])]
            if texts:
                found[name] = glue.join(texts) if field_gathers(self.kind, name) else texts[0]
        return found


def field_gathers(kind: str, name: str) -> bool:
    field = field_of(kind, name)
    return field is not None and field.gathers


class Cells:
    """One row being read."""

    __slots__ = ("kind", "values", "notation", "problems", "gaps")

    def __init__(self, kind: str, values: Mapping[str, str], notation: Notation) -> None:
        self.kind = kind
        self.values = values
        self.notation = notation
        self.problems: list[str] = []
        self.gaps: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def wrong(self, name: str, problem: str) -> None:
        self.problems.append(self._about(name, problem))

    def lacks(self, name: str, problem: str) -> None:
        """What a new record needs, while one that is there already can be changed without."""
        self.gaps.append(self._about(name, problem))

    def _about(self, name: str, problem: str) -> str:
        field = field_of(self.kind, name)
        label = str(field.label) if field else name
        return _("%(field)s: %(problem)s") % {"field": label, "problem": problem}

    def text(self, name: str, most: int = 200) -> str:
        text = self.values.get(name)
        if text is None:
            return ""
        if "\n" in text and name not in _LINED and name not in {"result", "loss_comment"}:
            text = " ".join(text.split())
        if len(text) > most:
            self.wrong(
                name,
                _("at most %(most)d characters; this has %(count)d.") % {"most": most, "count": len(text)},
            )
            return ""
        return text

    def number(self, name: str) -> Decimal | None:
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return parse_number(text, self.notation.decimal)
        except NotAValue as error:
            self.wrong(name, error.message)
            return None

    def amount(self, name: str) -> Decimal | None:
        number = self.number(name)
        if number is None:
            return None
        if number < 0:
            self.wrong(name, _("an amount can't be negative."))
            return None
        if number >= LARGEST_AMOUNT:
            self.wrong(name, _("the amount is too large."))
            return None
        return number.quantize(CENT, ROUND_HALF_UP)

    def percent(self, name: str) -> Decimal | None:
        """A percentage of at most two digits after the point."""
        number = self.number(name)
        if number is None:
            return None
        if not 0 <= number <= 100 or number != number.quantize(CENT):
            self.wrong(name, _("enter a percentage from 0 to 100, with at most two digits after the point."))
            return None
        return number.quantize(CENT)

    def whole(self, name: str, least: int, most: int) -> int | None:
        number = self.number(name)
        if number is None:
            return None
        if number != number.to_integral_value() or not least <= number <= most:
            self.wrong(
                name, _("enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
            )
            return None
        return int(number)

    def day(self, name: str) -> dt.date | None:
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return parse_date(text, self.notation.date_order)
        except NotAValue as error:
            self.wrong(name, error.message)
            return None

    def moment(self, name: str) -> tuple[dt.datetime | None, bool]:
        """The moment, and whether only its day is known (then it's local midnight)."""
        text = self.values.get(name)
        if text is None:
            return None, False
        try:
            naive = parse_datetime(text, self.notation.date_order)
        except NotAValue as error:
            self.wrong(name, error.message)
            return None, False
        if naive.tzinfo is not None:
            return naive, False
        aware = naive.replace(tzinfo=timezone.get_default_timezone())
        return aware, naive.hour == naive.minute == naive.second == naive.microsecond == 0

    def yes(self, name: str) -> bool | None:
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return parse_bool(text)
        except NotAValue as error:
            self.wrong(name, error.message)
            return None

    def currency(self, name: str = "currency") -> str:
        text = self.values.get(name)
        if text is None:
            return ""
        code = text.strip().upper()
        if not is_currency(code):
            self.wrong(name, _("“%(text)s” is no currency code, such as USD.") % {"text": text[:20]})
            return ""
        return code

    def tags(self, name: str = "tags") -> list[str]:
        found = split_many(self.values.get(name))
        if any(len(t) > 40 for t in found) or len(found) > 50:
            self.wrong(name, _("at most 50 tags of at most 40 characters."))
            return []
        return found

    def phones(self, name: str = "phones") -> list[str]:
        region = region_of(settings.LANGUAGE_CODE)
        found: dict[str, None] = {}
        for text in split_many(self.values.get(name)):
            number = _phone(text, region)
            if number is None:
                sentence = _("“%(number)s” is no phone number. Write it with its country code, such as +49.")
                self.wrong(name, sentence % {"number": text[:40]})
            else:
                found[number] = None
        return list(found)

    def emails(self, name: str = "emails") -> list[str]:
        found: dict[str, None] = {}
        for text in split_many(self.values.get(name)):
            address = _email(text)
            if address is None:
                self.wrong(name, _("“%(address)s” is no e-mail address.") % {"address": text[:80]})
            else:
                found[address] = None
        return list(found)


def differing(
    existing: Mapping[str, Any], new: Mapping[str, Any], columns: Mapping[str, str]
) -> dict[str, Any]:
    """Those of the new values that the record doesn't have yet."""
    return {f: v for f, v in new.items() if existing[columns[f]] != v}


def given(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """What the row says; blanks leave the record as it is."""
    return {f: v for f, v in values if v is not None and v != "" and v != []}
