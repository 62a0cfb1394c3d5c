"""Exchange rates: what holds on a day, and what is never added in."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.kernel.money.commands import set_rate
from takt.kernel.money.models import ExchangeRate
from takt.kernel.money.rates import Rates, Total

DAY = dt.date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _currency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TAKT_CURRENCY", "EUR")


def test_works(admin: Any, at: dt.datetime) -> None:
    set_rate("usd", "2026-03-01", "0,92", by=Actor(admin), at=at)
    set_rate("USD", DAY, Decimal("0.93"), by=Actor(admin), at=at)
    assert ExchangeRate.objects.get().rate == Decimal("0.93")
    last = Event.objects.filter(kind="rate.set").latest("id")
    assert last.payload == {"currency": "USD", "on": "2026-03-01", "rate": "0.93", "old": "0.9200000000"}


@pytest.mark.parametrize(
    ("currency", "on", "rate", "field"),
    [
        ("EUR", DAY, "1", "currency"),
        ("XXY", DAY, "1", "currency"),
        ("USD", "", "1", "on"),
        ("USD", "0000-00-00", "1", "on"),
        ("USD", DAY, "0", "rate"),
        ("USD", DAY, "-1", "rate"),
        ("USD", DAY, "1e400", "rate"),
        ("USD", DAY, "NaN", "rate"),
        ("USD", DAY, "0.12345678901", "rate"),
        ("USD", DAY, "x" * 10_000, "rate"),
    ],
)
def test_refuses(admin: Any, at: dt.datetime, currency: str, on: Any, rate: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_rate(currency, on, rate, by=Actor(admin), at=at)
    assert refused.value.errors[0].field == field


def test_only_an_administrator(dora: Any, at: dt.datetime) -> None:
    with pytest.raises(Forbidden):
        set_rate("USD", DAY, "1", by=Actor(dora), at=at)


def test_the_rate_of_a_day(admin: Any, at: dt.datetime, django_assert_num_queries: Any) -> None:
    set_rate("USD", DAY, "0.90", by=Actor(admin), at=at)
    set_rate("USD", DAY + dt.timedelta(days=10), "0.95", by=Actor(admin), at=at)
    with django_assert_num_queries(1):
        rates = Rates()
        assert rates.on(DAY - dt.timedelta(days=1)).convert(Decimal(100), "USD") is None
        assert rates.on(DAY).convert(Decimal("100.01"), "USD") == Decimal("90.01")
        assert rates.on(DAY + dt.timedelta(days=9)).convert(Decimal(100), "USD") == 90
        assert rates.on(DAY + dt.timedelta(days=10)).convert(Decimal(100), "USD") == 95
        assert rates.on(DAY).convert(Decimal(100), "EUR") == 100
        assert rates.on(DAY).convert(None, "USD") is None


def test_without_a_rate_nothing_is_added(admin: Any, at: dt.datetime) -> None:
    set_rate("USD", DAY, "0.90", by=Actor(admin), at=at)
    amounts = [(Decimal(10), "USD"), (Decimal(5), "EUR"), (Decimal(7), "CNY"), (None, "CNY")]
    assert Rates().on(DAY).total(amounts) == Total(Decimal("14.00"), {"CNY": Decimal(7)})
