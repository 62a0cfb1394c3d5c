"""Days and spans of days as people write them in a filter: `2026-11-12`, `this_month`, `-7d`."""

import datetime as dt
import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

FIRST_YEAR, LAST_YEAR = 1900, 2200
_OFFSET = re.compile(r"([+\- ])(\d{1,5})([dw])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Days from `first` up to, but without, `until`. `near` is the day itself where a distance was given."""

    first: dt.date
    until: dt.date
    near: dt.date | None = None

    @property
    def day(self) -> "Span":
        """The one day that a comparison is made with: `gte=-7d` starts seven days ago."""
        return self if self.near is None else Span(self.near, self.near + dt.timedelta(days=1))


def span(text: str, today: dt.date) -> Span | None:
    """The days that `text` means on `today`; None where it means nothing.

    `-7d` is the last seven days and today, `+30d` (a plus may arrive as a space) today and the next thirty.
    """
    if _DAY.fullmatch(text):
        return _one_day(text)
    if found := _OFFSET.fullmatch(text):
        return _distance(found, today)
    return _named(text, today)


def _one_day(text: str) -> Span | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return Span(day, day + dt.timedelta(days=1)) if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _distance(found: re.Match[str], today: dt.date) -> Span | None:
    days = int(found[2]) * (7 if found[3] == "w" else 1)
    if days > 36_500:
        return None
    if found[1] == "-":
        near = today - dt.timedelta(days=days)
        return Span(near, today + dt.timedelta(days=1), near)
    near = today + dt.timedelta(days=days)
    return Span(today, near + dt.timedelta(days=1), near)


def _named(text: str, today: dt.date) -> Span | None:
    one = dt.timedelta(days=1)
    monday = today - dt.timedelta(days=today.weekday())
    month, quarter = today.replace(day=1), today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    year = today.replace(month=1, day=1)
    match text:
        case "today":
            return Span(today, today + one)
        case "yesterday":
            return Span(today - one, today)
        case "tomorrow":
            return Span(today + one, today + 2 * one)
        case "last_week":
            return Span(monday - 7 * one, monday)
        case "this_week":
            return Span(monday, monday + 7 * one)
        case "next_week":
            return Span(monday + 7 * one, monday + 14 * one)
        case "last_month":
            return Span(months_on(month, -1), month)
        case "this_month":
            return Span(month, months_on(month, 1))
        case "next_month":
            return Span(months_on(month, 1), months_on(month, 2))
        case "last_quarter":
            return Span(months_on(quarter, -3), quarter)
        case "this_quarter":
            return Span(quarter, months_on(quarter, 3))
        case "next_quarter":
            return Span(months_on(quarter, 3), months_on(quarter, 6))
        case "last_year":
            return Span(months_on(year, -12), year)
        case "this_year":
            return Span(year, months_on(year, 12))
        case "next_year":
            return Span(months_on(year, 12), months_on(year, 24))
    return None


def months_on(first: dt.date, months: int) -> dt.date:
    """The first of a month, so many months later."""
    number = first.year * 12 + first.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def names() -> list[tuple[str, Text]]:
    """The spans that are offered for choice."""
    return [
        ("today", _("Today")),
        ("yesterday", _("Yesterday")),
        ("tomorrow", _("Tomorrow")),
        ("this_week", _("This week")),
        ("last_week", _("Last week")),
        ("next_week", _("Next week")),
        ("this_month", _("This month")),
        ("last_month", _("Last month")),
        ("next_month", _("Next month")),
        ("this_quarter", _("This quarter")),
        ("last_quarter", _("Last quarter")),
        ("next_quarter", _("Next quarter")),
        ("this_year", _("This year")),
        ("-7d", _("Last 7 days")),
        ("-30d", _("Last 30 days")),
        ("+7d", _("Next 7 days")),
        ("+30d", _("Next 30 days")),
    ]
