"""Numbers, money and dates as each language writes them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from takt.kernel.ui import formats

NBSP = "\N{NO-BREAK SPACE}"
NOON = dt.datetime(2026, 11, 12, 12, 0, tzinfo=dt.UTC)


def spaced(text: str) -> str:
    """Narrow and wide no-break spaces read alike."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", NBSP)


@pytest.mark.parametrize(
    ("lang", "currency", "wanted"),
    [("en", "EUR", "€412,000"), ("ru", "RUB", f"412{NBSP}000{NBSP}₽"), ("zh-hans", "CNY", "¥412,000")],
)
def test_money(lang: str, currency: str, wanted: str) -> None:
    assert spaced(formats.money(Decimal("412000.00"), currency, lang=lang)) == wanted


def test_money_shows_cents_where_there_are_any() -> None:
    assert formats.money(Decimal("1250.50"), "EUR", lang="en") == "€1,250.50"
    assert formats.money(Decimal("1250"), "EUR", precise=True, lang="en") == "€1,250.00"
    assert spaced(formats.money(Decimal("1250.5"), "EUR", lang="ru")) == f"1{NBSP}250,50{NBSP}€"


def test_money_below_zero_has_a_true_minus_and_none_is_empty() -> None:
    assert "−" in formats.money(-5, "EUR", lang="en")
    assert formats.money(None, "EUR") == "" and formats.money_short("", "EUR") == ""


@pytest.mark.parametrize(
    ("amount", "lang", "currency", "wanted"),
    [
        (1_480_000, "en", "EUR", "€1.48M"),
        (508_000, "en", "EUR", "€508k"),
        (930, "en", "EUR", "€930"),
        (41_200_000, "ru", "RUB", f"41,2{NBSP}млн{NBSP}₽"),
        (508_000, "ru", "RUB", f"508{NBSP}тыс.{NBSP}₽"),
        (3_296_000, "zh-hans", "CNY", "¥330万"),
        (250_000_000, "zh-hans", "CNY", "¥2.5亿"),
    ],
)
def test_money_short(amount: int, lang: str, currency: str, wanted: str) -> None:
    assert spaced(formats.money_short(amount, currency, lang=lang)) == wanted


def test_money_short_never_says_a_thousand_thousands() -> None:
    assert formats.money_short(999_999, "EUR", lang="en") == "€1M"


def test_numbers_and_shares() -> None:
    assert formats.number(1234567, lang="en") == "1,234,567"
    assert spaced(formats.number(1234567, lang="ru")) == f"1{NBSP}234{NBSP}567"
    assert formats.percent(0.375, lang="en") == "37.5%"
    assert spaced(formats.percent(0.375, lang="ru")) == f"37,5{NBSP}%"
    assert formats.percent(0.5, 0, lang="zh-hans") == "50%"


@pytest.mark.parametrize(
    ("lang", "this_year", "another"),
    [
        ("en", "Fri 13 Nov", "1 Mar 2027"),
        ("ru", "пт 13 нояб.", "1 мар. 2027"),
        ("zh-hans", "11月13日 周五", "2027年3月1日"),
    ],
)
def test_date_short(lang: str, this_year: str, another: str) -> None:
    today = dt.date(2026, 11, 12)
    assert formats.date_short(dt.date(2026, 11, 13), today, lang) == this_year
    assert formats.date_short(dt.date(2027, 3, 1), today, lang) == another


def test_times_are_of_the_readers_zone() -> None:
    late = dt.datetime(2026, 11, 12, 22, 30, tzinfo=dt.UTC)
    with timezone.override("Asia/Shanghai"):
        assert formats.time(late) == "06:30"
        assert formats.date_short(late, dt.date(2026, 11, 12), "en") == "Fri 13 Nov"


@pytest.mark.parametrize(
    ("hours", "words", "state"),
    [(2, "14:00", "today"), (-1, "late, 11:00", "late"), (-72, "3 d late", "late"), (24, "Fri 13 Nov", "")],
)
def test_due(hours: int, words: str, state: str) -> None:
    at = NOON + dt.timedelta(hours=hours)
    with timezone.override(dt.UTC), translation.override("en"):
        assert formats.due(at, NOON) == words
        assert formats.due_state(at, NOON) == state


def test_nothing_is_due_without_a_time() -> None:
    assert formats.due(None) == "" and formats.due_state(None) == "" and formats.date("") == ""
