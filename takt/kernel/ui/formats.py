"""Numbers, money, dates and times as a reader of the language writes them (design language 8)."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from django.utils import timezone, translation
from django.utils.translation import gettext as _

LOCALES = {"en": "en_GB", "ru": "ru", "zh-hans": "zh_Hans_CN"}
NO_BREAK = "\N{NO-BREAK SPACE}"


@lru_cache(maxsize=8)
def _locale(lang: str) -> Locale:
    return Locale.parse(LOCALES.get(lang, "en_GB"))


@lru_cache(maxsize=8)
def _money_locale(lang: str) -> Locale:
    """As `_locale`, but a dollar is $ in English; the others' dollars are told apart (A$, CA$)."""
    return Locale.parse("en_US") if lang == "en" else _locale(lang)


def _lang(lang: str | None) -> str:
    return lang or translation.get_language() or "en"


@lru_cache(maxsize=20_000)
def _money(amount: Decimal, currency: str, lang: str, digits: bool) -> str:
    whole = amount == amount.to_integral_value()
    text = format_currency(
        amount, currency, locale=_money_locale(lang), currency_digits=False, decimal_quantization=True,
        format=_pattern(lang, fraction=digits or not whole),
    )  # fmt: skip
    return text.replace("-", "−")


@lru_cache(maxsize=16)
def _pattern(lang: str, *, fraction: bool) -> str:
    number = "#,##0.00" if fraction else "#,##0"
    return f"{number}{NO_BREAK}¤" if lang == "ru" else f"¤{number}"


def money(amount: Any, currency: str, precise: bool = False, lang: str | None = None) -> str:
    """An amount with its currency; cents only where there are any, unless `precise`."""
    if amount is None or amount == "":
        return ""
    return _money(Decimal(amount), currency, _lang(lang), precise)


_SHORT = {
    "en": ((10**9, "B"), (10**6, "M"), (10**3, "k")),
    "ru": ((10**9, f"{NO_BREAK}млрд"), (10**6, f"{NO_BREAK}млн"), (10**3, f"{NO_BREAK}тыс.")),
    "zh-hans": ((10**8, "亿"), (10**4, "万")),
}


def money_short(amount: Any, currency: str, lang: str | None = None) -> str:
    """Three digits and k, M · тыс., млн · 万, 亿."""
    if amount is None or amount == "":
        return ""
    return _money_short(Decimal(amount), currency, _lang(lang))


@lru_cache(maxsize=5_000)
def _money_short(value: Decimal, currency: str, lang: str) -> str:
    symbol, sign = get_currency_symbol(currency, _money_locale(lang)), "−" if value < 0 else ""
    for unit, mark in _SHORT.get(lang, _SHORT["en"]):
        # From half a step below on: 999,999 is 1M, not 1,000k.
        if abs(value) >= unit * Decimal("0.9995"):
            scaled = abs(value) / unit
            places = 2 if scaled < Decimal("9.995") else 1 if scaled < Decimal("99.95") else 0
            text = number(scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP).normalize(), lang) + mark
            return f"{sign}{text}{NO_BREAK}{symbol}" if lang == "ru" else f"{sign}{symbol}{text}"
    return money(value.quantize(Decimal(1), ROUND_HALF_UP), currency, lang=lang)


def number(value: Any, lang: str | None = None) -> str:
    if value is None or value == "":
        return ""
    return str(format_decimal(value, locale=_locale(_lang(lang)))).replace("-", "−")


def percent(value: Any, digits: int = 1, lang: str | None = None) -> str:
    """A fraction (0.375) as a percentage; one digit after the point."""
    if value is None or value == "":
        return ""
    pattern = (
        "#,##0" + ("." + "0" * digits if digits else "") + (f"{NO_BREAK}%" if _lang(lang) == "ru" else "%")
    )
    return str(format_percent(value, format=pattern, locale=_locale(_lang(lang))))


def _local(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        zone = timezone.get_current_timezone()
        return value if value.tzinfo is zone else value.astimezone(zone)
    return value


def _day(value: Any) -> dt.date:
    value = _local(value)
    return value.date() if isinstance(value, dt.datetime) else value


def date(value: Any, lang: str | None = None) -> str:
    """A whole date, as in 13 Nov 2026."""
    if not value:
        return ""
    return str(format_date(_day(value), format="medium", locale=_locale(_lang(lang))))


_SKELETON = {
    "en": ("EEE d MMM", "d MMM yyyy"),
    "ru": ("EEE d MMM", "d MMM yyyy"),
    "zh-hans": ("M月d日 EEE", "yyyy年M月d日"),
}


def date_short(value: Any, today: dt.date | None = None, lang: str | None = None) -> str:
    """Weekday, day and month; the year only when it isn't this one."""
    if not value:
        return ""
    day, lang = _day(value), _lang(lang)
    return _date_short(day, day.year == (today or timezone.localdate()).year, lang)


@lru_cache(maxsize=5_000)
def _date_short(day: dt.date, this_year: bool, lang: str) -> str:
    pattern = _SKELETON.get(lang, _SKELETON["en"])[0 if this_year else 1]
    return str(format_date(day, format=pattern, locale=_locale(lang)))


def month(value: Any, lang: str | None = None) -> str:
    """Month and year: March 2026, март 2026 г., 2026年3月."""
    lang = _lang(lang)
    pattern = {"ru": "LLLL y 'г'.", "zh-hans": "y年M月"}.get(lang, "LLLL y")
    text = str(format_date(_day(value), format=pattern, locale=_locale(lang)))
    return text[:1].upper() + text[1:]


def datetime_(value: Any, today: dt.date | None = None, lang: str | None = None) -> str:
    """Date and time of the reader's zone."""
    if not value:
        return ""
    local = _local(value)
    return f"{date_short(local.date(), today, lang)}, {local:%H:%M}"


def time(value: Any, lang: str | None = None) -> str:
    if not value:
        return ""
    return _local(value).strftime("%H:%M")


def due(value: Any, now: dt.datetime | None = None) -> str:
    """When something is due, as on a next-step chip: the hour today, days late, or the date."""
    if not value:
        return ""
    now = now or timezone.now()
    local, today = _local(value), _day(now)
    days = (today - local.date()).days
    if days > 0:
        return _("%(days)d d late") % {"days": days}
    if days == 0:
        return (
            _("late, %(time)s") % {"time": local.strftime("%H:%M")}
            if value < now
            else local.strftime("%H:%M")
        )
    return date_short(local.date(), today)


def due_state(value: Any, now: dt.datetime | None = None) -> str:
    """`late`, `today` or nothing: how a due time is marked."""
    if not value:
        return ""
    now = now or timezone.now()
    if value < now:
        return "late"
    return "today" if _day(value) == _day(now) else ""


__all__ = [
    "date",
    "date_short",
    "datetime_",
    "due",
    "due_state",
    "money",
    "money_short",
    "number",
    "percent",
    "time",
]
