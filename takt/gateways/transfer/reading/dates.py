"""Cells of text as days and moments; what may be read two ways is refused unless the file's order is known."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from .errors import NotAValue
from .limits import VALUE_CHARS

DateOrder = Literal["dmy", "mdy"]

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january янв января январь", "feb february фев февр февраля февраль", "mar march мар марта март",
            "apr april апр апреля апрель", "may мая май", "jun june июн июня июнь", "jul july июл июля июль",
            "aug august авг августа август", "sep sept september сен сент сентября сентябрь",
            "oct october окт октября октябрь", "nov november ноя нояб ноября ноябрь",
            "dec december дек декабря декабрь",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?")
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:г\.?)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
DAY_MONTH = re.compile(r"(\d{1,2})[ .-]*([^\W\d_]+)\.?,?[ .-]*(\d{4})(?: ?г\.?| года)?")
MONTH_DAY = re.compile(r"([^\W\d_]+)\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})")
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{2})分?(?::?(?P<second>\d{2})秒?)?(?:[.,](?P<fraction>\d{1,9}))?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2}))?"
)
SPLIT = re.compile(r"(.*?\d[日号]?(?: ?г\.?)?)(?:T|,? +)(\d{1,2}(?::|时|点).*)")


@lru_cache(maxsize=20_000)
def parse_date(text: str, order: DateOrder | None = None) -> datetime.date:
    """A day from ISO, 01.03.2021, 2021/3/1, 2021年3月1日, 20210301, 1 Mar 2021, 1 марта 2021; a time behind is cut.

    `03/04/2021` needs the file's order (see `sniff_date_order`), or it's refused as ambiguous; points mean day first.
    """
    day, _ = halves(text, "date")
    return day_of(day, text, order, "date")


@lru_cache(maxsize=20_000)
def parse_datetime(text: str, order: DateOrder | None = None) -> datetime.datetime:
    """A moment; without an offset in the text it's naive, in the time zone of whoever wrote the file."""
    day_text, clock_text = halves(text, "datetime")
    day = day_of(day_text, text, order, "datetime")
    if not clock_text:
        return datetime.datetime(day.year, day.month, day.day)
    clock = CLOCK.fullmatch(clock_text)
    if not clock:
        raise NotAValue("datetime", text)
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            raise NotAValue("datetime", text)
        hour = hour % 12 + (12 if clock["half"].lower().startswith("p") else 0)
    fraction = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        time = datetime.time(
            hour,
            int(clock["minute"]),
            int(clock["second"] or 0),
            fraction,
            zone(clock["zone"]),
        )
        return datetime.datetime.combine(day, time)
    except ValueError as error:
        raise NotAValue("datetime", text) from error


def halves(text: str, kind: str) -> tuple[str, str]:
    """Day and time of day, apart."""
    clean = " ".join(unicodedata.normalize("NFKC", text[: VALUE_CHARS + 1]).split())
    if not clean or len(text) > VALUE_CHARS:
        raise NotAValue(kind, text)
    parts = SPLIT.fullmatch(clean)
    return (parts[1], parts[2]) if parts else (clean, "")


def zone(text: str | None) -> datetime.timezone | None:
    if not text:
        return None
    if text in ("Z", "UTC"):
        return datetime.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return datetime.timezone(-offset if text[0] == "-" else offset)


def day_of(day: str, text: str, order: DateOrder | None, kind: str) -> datetime.date:
    match = YEAR_FIRST.fullmatch(day) or CHINESE.fullmatch(day) or COMPACT.fullmatch(day)
    if match:
        return checked(int(match[1]), int(match[2]), int(match[3]), text, kind)
    match = YEAR_LAST.fullmatch(day)
    if match:
        first, second, year = int(match[1]), int(match[3]), full_year(match[4])
        if first > 12 or (second <= 12 and (order == "dmy" or match[2] == "." or first == second)):
            return checked(year, second, first, text, kind)
        if second > 12 or order == "mdy":
            return checked(year, first, second, text, kind)
        raise NotAValue("ambiguous_date", text)
    match = DAY_MONTH.fullmatch(day)
    if match and match[2].casefold() in MONTHS:
        return checked(int(match[3]), MONTHS[match[2].casefold()], int(match[1]), text, kind)
    match = MONTH_DAY.fullmatch(day)
    if match and match[1].casefold() in MONTHS:
        return checked(int(match[3]), MONTHS[match[1].casefold()], int(match[2]), text, kind)
    raise NotAValue(kind, text)


def full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def checked(year: int, month: int, day: int, text: str, kind: str) -> datetime.date:
    if not 1900 <= year <= 2199:
        raise NotAValue(kind, text)
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise NotAValue(kind, text) from error


def sniff_date_order(values: Iterable[str | None]) -> DateOrder | None:
    """Whether a file writes day or month first, from the dates that tell; None if none does or they disagree."""
    day_first = month_first = 0
    for value in values:
        if not value:
            continue
        match = YEAR_LAST.match(value.strip())
        if match:
            day_first += int(match[1]) > 12 >= int(match[3])
            month_first += int(match[3]) > 12 >= int(match[1])
    if bool(day_first) == bool(month_first):
        return None
    return "dmy" if day_first else "mdy"
