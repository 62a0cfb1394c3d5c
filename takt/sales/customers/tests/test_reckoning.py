"""The night: segments as the vectors have them, the ladder, levels, what it does the second time."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.sales.contacts.commands import create_company, delete_company, edit_company, set_level
from takt.sales.contacts.models import Company, Standing
from takt.sales.customers import rules
from takt.sales.customers.commands import change_rule, reckon
from takt.sales.customers.models import LadderMove, SegmentMove
from takt.sales.customers.queries import overview
from takt.sales.customers.rules import Bought, Known, rung, segments
from takt.sales.deals import commands as deals
from takt.sales.deals.commands import NewTask

# T-RFM of the domain's worked numbers: days, purchases, thousands; scores and segment.
VECTOR = {
    "A": ((20, 9, 900), (5, 5, 4, "111")),
    "B": ((75, 3, 2500), (4, 3, 5, "111")),
    "C": ((200, 5, 300), (2, 4, 2, "010")),
    "D": ((400, 1, 150), (1, 1, 1, "000")),
    "E": ((150, 2, 800), (3, 2, 3, "101")),
}
DAY = dt.timedelta(days=1)


def test_the_vector_is_the_domains() -> None:
    path = Path("/work/shared/domain/vectors.json")
    if not path.exists():
        pytest.skip("the worked numbers are not here")
    found = json.loads(path.read_text())["T-RFM"]
    assert {k: tuple(v) for k, v in found["input"].items()} == {k: v[0] for k, v in VECTOR.items()}
    assert {k: tuple(v) for k, v in found["expected"].items()} == {k: v[1] for k, v in VECTOR.items()}


def test_segments() -> None:
    bought = {i: Bought(d, n, Decimal(m)) for i, (_k, ((d, n, m), _e)) in enumerate(VECTOR.items())}
    found = [(s.recency, s.frequency, s.monetary, s.segment) for s in segments(bought).values()]
    assert found == [expected for _given, expected in VECTOR.values()]
    assert segments({}) == {}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known(), (0, 0)),
        (Known(is_reachable=True), (1, 0)),
        (Known(was_contacted=True), (2, 0)),
        (Known(furthest_percent=20), (3, 0)),
        (Known(furthest_percent=60, last_contact_was_bad=True, lost_last=True), (4, 2)),
        (Known(won=1), (5, 0)),
        (Known(won=2, lost_last=True), (6, 1)),
        (Known(won=3, won_in_year=3), (7, 0)),
        (Known(is_advocate=True), (8, 0)),
    ],
)
def test_rungs(known: Known, expected: tuple[int, int]) -> None:
    assert rung(known) == expected


def test_change_of_the_check() -> None:
    assert rules.average_change([]) is None
    assert rules.average_change([Decimal(100)]) is None
    assert rules.average_change([Decimal(100), Decimal(150), Decimal(75)]) == Decimal(0)
    assert rules.months_before(dt.date(2026, 3, 31), 1) == dt.date(2026, 2, 28)
    assert rules.months_before(dt.date(2026, 1, 15), 24) == dt.date(2024, 1, 15)


@pytest.fixture
def buyers(anna: Any, pipeline: Any, at: dt.datetime) -> dict[str, Company]:
    """The five companies of the vector, with their purchases."""
    by = Actor(anna)
    found = {}
    for name, ((days, purchases, thousands), _expected) in VECTOR.items():
        company = create_company(name=f"Company {name}", by=by, at=at - 700 * DAY)
        found[name] = company
        each = Decimal(thousands * 1000) / purchases
        for number in range(purchases):
            amount = each.quantize(Decimal("0.01"))
            buy(company, amount, at - (days + number) * DAY, by)
    return found


def buy(company: Company, amount: Any, when: dt.datetime, by: Actor) -> Any:
    step = NewTask(type="call", title="Call", due_at=when)
    deal = deals.create_deal(
        name="Racks", company=company, amount=amount, currency=settings.TAKT_CURRENCY, new_person=deals.NewPerson("Ilse"),
        first_task=step, by=by, at=when,
    )  # fmt: skip
    return deals.win_deal(deal, by=by, at=when)


@pytest.mark.django_db
def test_the_night_reckons_the_vector(buyers: dict[str, Company], takt: Actor, at: dt.datetime) -> None:
    create_company(name="Never bought", by=takt, at=at - DAY)
    reckon(by=takt, at=at)
    for name, (given, expected) in VECTOR.items():
        row = Standing.objects.get(company=buyers[name])
        assert (row.recency, row.frequency, row.monetary, row.segment) == expected, name
        assert (row.purchases, row.amount.quantize(Decimal(1000))) == (given[1], Decimal(given[2] * 1000)), (
            name
        )
    assert Standing.objects.get(company__name="Never bought").segment == ""
    assert SegmentMove.objects.count() == 5
    assert not Event.objects.filter(kind="company.segment_changed").exists()
    assert {c.name: bad for c in checks if c.name.startswith("customers.") and (bad := c.find())} == {}


@pytest.mark.django_db
def test_a_second_night_of_the_day_changes_nothing(
    buyers: dict[str, Company], takt: Actor, at: dt.datetime
) -> None:
    reckon(by=takt, at=at)
    before = list(Standing.objects.order_by("pk").values())
    assert reckon(by=takt, at=at + dt.timedelta(hours=2)) == 0
    assert list(Standing.objects.order_by("pk").values()) == before
    assert LadderMove.objects.count() == 5


@pytest.mark.django_db
def test_a_move_is_logged(buyers: dict[str, Company], anna: Any, takt: Actor, at: dt.datetime) -> None:
    reckon(by=takt, at=at)
    later = at + 200 * DAY
    buy(buyers["D"], 5_000_000, later - 3 * DAY, Actor(anna))
    reckon(by=takt, at=later)
    row = Standing.objects.get(company=buyers["D"])
    assert row.segment == "101"
    move = SegmentMove.objects.filter(company=buyers["D"]).order_by("pk").last()
    assert move is not None
    assert (move.old, move.new) == ("000", "101")
    event = Event.objects.filter(kind="company.segment_changed", subjects__object_id=buyers["D"].pk).get()
    assert event.payload == {"old": "000", "new": "101"}
    month = later.date().replace(day=1)
    moves = overview.moves_between(anna, month, month + 31 * DAY)
    assert moves["000", "101"] == 1
    assert [m.company_id for m in overview.latest_moves(anna, month, month + 31 * DAY)].count(
        buyers["D"].pk
    ) == 1


@pytest.mark.django_db
def test_the_day_itself_does_not_count(
    buyers: dict[str, Company], anna: Any, takt: Actor, at: dt.datetime
) -> None:
    buy(buyers["D"], 1, at, Actor(anna))
    reckon(by=takt, at=at + dt.timedelta(hours=1))
    assert Standing.objects.get(company=buyers["D"]).purchases == 1


@pytest.mark.django_db
def test_the_ladder_climbs_and_falls(anna: Any, pipeline: Any, takt: Actor, at: dt.datetime) -> None:
    by = Actor(anna)
    acme = create_company(name="Acme", by=by, at=at)
    reckon(by=takt, at=at)
    buy(acme, 100, at + DAY, by)
    reckon(by=takt, at=at + 2 * DAY)
    edit_company(acme, {"last_result": "bad"}, by=by, at=at + 3 * DAY)
    reckon(by=takt, at=at + 4 * DAY)
    lost = deals.create_deal(
        name="Next", company=acme, amount=5, currency=settings.TAKT_CURRENCY, first_task=NewTask(title="Call", due_at=at + 9 * DAY),
        by=by, at=at + 5 * DAY,
    )  # fmt: skip
    deals.lose_deal(lost, reason="price", by=by, at=at + 6 * DAY)
    reckon(by=takt, at=at + 7 * DAY)
    found = list(
        LadderMove.objects.filter(company=acme).order_by("on").values_list("ladder", "step", "penalties")
    )
    assert found == [(0, 0, 0), (5, 5, 0), (4, 5, 1), (3, 5, 2)]
    rungs = {r.ladder: r for r in overview.dynamics(anna, at.date() + 3 * DAY, at.date() + 30 * DAY)}
    assert (rungs[5].before, rungs[3].fell, rungs[3].now) == (1, 1, 1)


@pytest.mark.django_db
def test_levels_are_proposed_then_set(
    buyers: dict[str, Company], dora: Any, admin: Any, takt: Actor, at: dt.datetime
) -> None:
    set_level(buyers["C"], "A", reason="Strategic", by=Actor(dora), at=at)
    reckon(by=takt, at=at)
    proposed = dict(Standing.objects.values_list("company__name", "proposed_level"))
    assert proposed == {
        "Company A": "A", "Company B": "A", "Company C": "B", "Company D": "C", "Company E": "A",
    }  # fmt: skip
    assert set(Company.objects.values_list("level", flat=True)) == {"", "A"}
    change_rule(
        "levels",
        {"mode": "enforce", "by": "amount", "a_from": 1_000_000, "b_from": 300_000},
        by=Actor(admin),
        at=at,
    )
    reckon(by=takt, at=at)
    levels = dict(Company.objects.values_list("name", "level"))
    assert levels == {
        "Company A": "B", "Company B": "A", "Company C": "A", "Company D": "C", "Company E": "B",
    }  # fmt: skip


@pytest.mark.django_db
def test_who_is_gone_keeps_what_he_had(
    buyers: dict[str, Company], admin: Any, takt: Actor, at: dt.datetime
) -> None:
    reckon(by=takt, at=at)
    delete_company(buyers["A"], by=Actor(admin), at=at)
    reckon(by=takt, at=at + 40 * DAY)
    assert Standing.objects.get(company=buyers["A"]).segment == "111"


@pytest.mark.django_db
def test_lost_customers(buyers: dict[str, Company], admin: Any, takt: Actor, at: dt.datetime) -> None:
    reckon(by=takt, at=at)
    assert list(Standing.objects.filter(is_churned=True).values_list("company__name", flat=True)) == [
        "Company D"
    ]
    change_rule("churn", {"mode": "off"}, by=Actor(admin), at=at)
    reckon(by=takt, at=at)
    assert not Standing.objects.filter(is_churned=True).exists()
