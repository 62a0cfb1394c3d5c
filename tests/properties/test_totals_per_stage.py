"""The figures over the board's columns are the sums of the deals in them, whatever the currencies and their rates."""

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.conf import settings as of_takt
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.asking import asked
from takt.kernel.money.commands import set_rate
from takt.kernel.money.models import ExchangeRate
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson
from takt.sales.deals.lists import DEALS
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.queries import board

pytestmark = pytest.mark.django_db

CURRENCIES = ("USD", "EUR", "RUB", "CNY", "KZT")
HALF_A_CENT = Decimal("0.005")


class Given(NamedTuple):
    stage: int
    owner: str
    currency: str
    amount: Decimal | None
    probability: int | None
    then: str


amounts = st.none() | st.decimals(0, 10**9, places=2, allow_nan=False, allow_infinity=False)
deals = st.builds(
    Given,
    stage=st.integers(0, 2),
    owner=st.sampled_from(["anna", "boris", "carla"]),
    currency=st.sampled_from(CURRENCIES),
    amount=amounts,
    probability=st.none() | st.integers(0, 100),
    then=st.sampled_from(
        ["stays", "stays", "moves", "is won", "is lost", "is deleted", "changes hands", "is edited"]
    ),
)
rates = st.dictionaries(
    st.tuples(st.sampled_from(CURRENCIES), st.integers(-30, 3)),
    st.decimals("0.0001", "10000", places=4, allow_nan=False, allow_infinity=False),
    max_size=8,
)


@settings(max_examples=settings().max_examples // 2)
@given(given_deals=st.lists(deals, max_size=6), given_rates=rates)
def test_the_totals_of_each_stage_are_the_sums_of_its_deals(
    given_deals: list[Given],
    given_rates: dict[tuple[str, int], Decimal],
    pipeline: Any, anna: Any, boris: Any, carla: Any, dora: Any, admin: Any, at: dt.datetime,
) -> None:  # fmt: skip
    people = {"anna": anna, "boris": boris, "carla": carla}
    stages = list(Stage.objects.filter(pipeline=pipeline).order_by("position"))
    today = timezone.localdate(at, timezone.get_default_timezone())
    with transaction.atomic():
        for (currency, day), rate in given_rates.items():
            if currency != of_takt.TAKT_CURRENCY:
                set_rate(currency, today + dt.timedelta(days=day), rate, by=Actor(admin), at=at)
        for one in given_deals:
            _live(one, stages, people, admin, at)
        for reader, seen in ((dora, set(people)), (boris, {"anna", "boris"}), (anna, {"anna"})):
            owners = {people[name].pk for name in seen}
            plain = _board(stages, {}, reader, at)
            filtered = _board(stages, {"amount__gte": "0"}, reader, at)
            for stage in stages:
                rows = list(
                    Deal.objects.filter(stage=stage, status="open", deleted_at=None, owner_id__in=owners)
                )
                _equals(plain[stage.pk], rows, stage, today)
                _equals(filtered[stage.pk], [d for d in rows if d.amount is not None], stage, today)
        transaction.set_rollback(True)


def _live(one: Given, stages: list[Stage], people: dict[str, Any], admin: Any, at: dt.datetime) -> None:
    """A deal is made and something happens to it."""
    by = Actor(people[one.owner])
    deal = commands.create_deal(
        name="A", stage=stages[one.stage], amount=one.amount, currency=one.currency, probability=one.probability,
        new_person=NewPerson("P", phone="+49301234567"), is_quick=True, by=by, at=at,
    )  # fmt: skip
    match one.then:
        case "moves":
            commands.move_deal(deal, stages[(one.stage + 1) % 3], by=by, at=at)
        case "is won" if one.amount:
            commands.win_deal(deal, by=by, at=at)
        case "is lost":
            commands.lose_deal(deal, reason="price", by=by, at=at)
        case "is deleted":
            commands.delete_deal(deal, by=Actor(admin), at=at)
        case "changes hands":
            commands.assign_deal(
                deal, people["carla" if one.owner != "carla" else "anna"], by=Actor(admin), at=at
            )
        case "is edited":
            commands.edit_deal(deal, {"amount": "12.34", "currency": "EUR", "probability": 50}, by=by, at=at)


def _board(
    stages: list[Stage], filters: dict[str, str], reader: Any, at: dt.datetime
) -> dict[int, board.Sum_]:
    ask = asked(DEALS, QueryDict(urlencode({"status": "open", **filters})), reader)
    return board.totals(stages, ask, reader, at=at)


def _equals(total: board.Sum_, rows: list[Deal], stage: Stage, today: dt.date) -> None:
    """The sum taken deal by deal, in exact decimals; kept sums are rounded to the cent once for each currency."""
    amount, hoped, left = Decimal(0), Decimal(0), dict[str, int]()
    with_money = {d.currency for d in rows if d.amount}
    for deal in rows:
        rate = _rate(deal.currency, today)
        if rate is None:
            if deal.currency in with_money:
                left[deal.currency] = left.get(deal.currency, 0) + 1
            continue
        chance = stage.probability if deal.probability is None else deal.probability
        amount += (deal.amount or 0) * rate
        hoped += (deal.amount or 0) * rate * chance / 100
    tolerance = HALF_A_CENT * len(CURRENCIES)
    assert total.deals == len(rows)
    assert abs(total.amount - amount) <= tolerance
    assert abs(total.weighted - hoped) <= tolerance
    assert dict(total.not_converted) == left


def _rate(currency: str, today: dt.date) -> Decimal | None:
    if currency == of_takt.TAKT_CURRENCY:
        return Decimal(1)
    found = ExchangeRate.objects.filter(currency=currency, on__lte=today).order_by("-on").first()
    return found.rate if found else None
