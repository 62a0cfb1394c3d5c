"""Cells of text as exact numbers, whichever marks the file writes them with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from .errors import NotAValue
from .limits import VALUE_CHARS

DecimalMark = Literal[".", ","]

SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’`]")
MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-"})
CURRENCY = re.compile(
    r"(?i)^(?:[$€£¥₽₸₴₹₩₺]|[A-Z]{3}|US\$|HK\$|C\$|A\$)|(?:[$€£¥₽₸₴₹₩₺元]|руб\.?|р\.|грн\.?|тг\.?|[A-Z]{3})$"
)
PLAIN = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?|\.\d+")
GROUPED = {
    mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}") for mark in ".,"
}
MANY = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}


def parse_number(text: str, decimal: DecimalMark | None = None) -> Decimal:
    """An exact number from `1 234,50`, `1,234.50`, `(5)`, `−5`, `5-`, `$1,200`, `1.5万`; `12.5%` is 12.5.

    One mark followed by exactly three digits is a thousands mark if it's a comma and a decimal point if it's a
    point, unless `decimal` (see `sniff_decimal`) says which mark is the decimal one in this file.
    """
    if PLAIN.fullmatch(text) and text.isascii() and decimal != ",":
        return bounded(Decimal(text), text)
    if len(text) > VALUE_CHARS:
        raise NotAValue("number", text)
    number = unicodedata.normalize("NFKC", text).translate(MINUS)
    number = SPACES.sub("", number)
    negative = False
    if number.startswith("(") and number.endswith(")"):
        negative, number = True, number[1:-1]
    number, signed = sign_taken(number)
    number = number.removesuffix("%")
    stripped = CURRENCY.sub("", number)
    if stripped != number:
        number, signed_inside = sign_taken(stripped)
        signed = signed or signed_inside
    negative = negative or signed
    factor = MANY.get(number[-1:], 1)
    if factor > 1:
        number = number[:-1]
    number = with_point(number, decimal)
    if not number.isascii() or not PLAIN.fullmatch(number):
        raise NotAValue("number", text)
    value = bounded(Decimal(number), text) * factor
    return -value if negative else value


def sign_taken(number: str) -> tuple[str, bool]:
    """The number without its sign, and whether it's negative; accountants put the minus behind."""
    if number.startswith("-"):
        return number[1:], True
    if number.startswith("+"):
        return number[1:], False
    if number.endswith("-"):
        return number[:-1], True
    return number, False


def with_point(number: str, decimal: DecimalMark | None) -> str:
    """Thousands marks gone, the decimal mark a point; text that fits no notation comes back unreadable."""
    commas, points = number.count(","), number.count(".")
    if not commas and not points:
        return number
    if decimal is None:
        if commas and points:
            decimal = "," if number.rfind(",") > number.rfind(".") else "."
        elif commas > 1:
            decimal = "."
        elif points > 1:
            decimal = ","
        elif commas:
            decimal = "." if GROUPED[","].fullmatch(number) and not number.startswith("0") else ","
        else:
            decimal = "."
    thousands = "," if decimal == "." else "."
    whole, mark, fraction = number.partition(decimal)
    if thousands in fraction or decimal in fraction:
        return "?"
    if thousands in whole:
        if not GROUPED[thousands].fullmatch(whole):
            return "?"
        whole = whole.replace(thousands, "")
    return f"{whole or '0'}.{fraction}" if mark and fraction else whole


def bounded(value: Decimal, text: str) -> Decimal:
    """Refuses numbers beyond what a business writes, before their digits cost anything."""
    if value.adjusted() > 27 or value.adjusted() < -27:
        raise NotAValue("number", text)
    return value


def sniff_decimal(values: Iterable[str | None]) -> DecimalMark | None:
    """The decimal mark a column uses, from the values that can only be read one way; None if none tells."""
    votes = {".": 0, ",": 0}
    for value in values:
        if not value:
            continue
        number = SPACES.sub("", value).translate(MINUS).strip("-+()%$€£¥₽")
        commas, points = number.count(","), number.count(".")
        if commas and points:
            votes["," if number.rfind(",") > number.rfind(".") else "."] += 1
        elif commas > 1 or points > 1:
            votes["." if commas else ","] += 1
        elif commas or points:
            mark = "," if commas else "."
            whole, _, fraction = number.partition(mark)
            if fraction.isdigit() and (len(fraction) != 3 or len(whole) > 3 or whole in ("", "0")):
                votes[mark] += 1
    if votes["."] == votes[","]:
        return None
    return "." if votes["."] > votes[","] else ","
