"""What first sources bring and cost, against sums in plain Python."""

import calendar
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.insight.metrics.reports import figures
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.lib.actor import Actor
from takt.kernel.money.models import ExchangeRate
from takt.sales.contacts.commands import create_company, set_source_costs
from takt.sales.contacts.models import Company, Source, SourceCost
from takt.sales.deals import commands
from takt.sales.deals.models import Deal, LossReason

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
PERSON = commands.NewPerson(name="Pia")
RATES = {"EUR": Decimal(1), "USD": Decimal("0.9"), "CHF": None}  # francs have no rate
MONTHS = [dt.date(2026, month, 1) for month in (1, 2, 3)]


def table(user: Any = None, **asked: str) -> dict[str, dict[str, Any]]:
    scope = scope_of(user, {name.rstrip("_"): value for name, value in asked.items()}, at=NOW)
    found = figures("sources", scope, ["returns"])
    return {row["name"]: row for row in found["tables"][0]["rows"]}


@pytest.fixture
def world(pipeline: Any, anna: Any, at: dt.datetime, settings: Any) -> tuple[list[Source], list[Company]]:
    settings.TIME_ZONE, settings.TAKT_CURRENCY = "UTC", "EUR"
    ExchangeRate.objects.create(currency="USD", on=dt.date(2020, 1, 1), rate=RATES["USD"])
    sources = [Source.objects.create(name=name, position=90) for name in ("Fair", "Site")]
    companies = [
        create_company(name=f"C{n}", source=source, by=Actor(anna), at=at)
        for n, source in enumerate([*sources, None])
    ]
    return sources, companies


DEALS = st.lists(
    st.tuples(
        st.sampled_from(["won", "won", "won", "lost", "open"]),
        st.sampled_from([None, 0, 1, 2]),  # the company
        st.sampled_from([None, 0, 1]),  # the deal's own source
        st.sampled_from(["EUR", "USD", "CHF"]),
        st.none() | st.decimals(0, 9999, places=2),
        st.none() | st.decimals(0, 999, places=2),
        st.dates(dt.date(2025, 12, 15), dt.date(2026, 4, 15)),
    ),
    max_size=12,
)
COSTS = st.dictionaries(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(MONTHS), st.sampled_from(["EUR", "USD", "CHF"])),
    st.decimals(1, 5000, places=2),
    max_size=8,
)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(deals=DEALS, costs=COSTS, first=st.dates(MONTHS[0], dt.date(2026, 2, 10)), length=st.integers(1, 80))
def test_sums_are_what_a_count_by_hand_says(
    world: Any, pipeline: Any, anna: Any, deals: Any, costs: Any, first: dt.date, length: int
) -> None:
    sources, companies = world
    Deal.objects.all().delete()
    SourceCost.objects.all().delete()
    stage, reason = pipeline.stages.first(), LossReason.objects.order_by("pk").first()
    assert reason is not None
    rows = []
    for status, company, source, currency, amount, contractor, day in deals:
        rate = RATES[currency] if status != "open" else None
        moment = dt.datetime.combine(day, dt.time(9), dt.UTC)
        rows.append(
            Deal(
                name="D",
                sort_key="d",
                pipeline=pipeline,
                stage=stage,
                owner=anna,
                status=status,
                company=None if company is None else companies[company],
                source=None if source is None else sources[source],
                currency=currency,
                amount=amount,
                contractor_cost=contractor,
                rate=rate,
                amount_base=None if amount is None or rate is None else cents(amount * rate),
                closed_at=None if status == "open" else moment,
                stage_entered_at=moment,
                last_activity_at=moment,
                created_at=moment,
                updated_at=moment,
                loss_reason_id=reason.pk if status == "lost" else None,
            )  # fmt: skip
        )
    Deal.objects.bulk_create(rows)
    SourceCost.objects.bulk_create(
        SourceCost(source=sources[s], month=m, currency=c, amount=a, updated_at=NOW)
        for (s, m, c), a in costs.items()
    )
    until = first + dt.timedelta(days=length)
    found = table(from_=first.isoformat(), to=(until - dt.timedelta(days=1)).isoformat())

    def first_source(row: Deal) -> int | None:
        own = row.company.source_id if row.company else None
        return own or row.source_id

    won = [r for r in rows if r.status == "won" and first <= r.closed_at.date() < until]  # type: ignore[union-attr]
    together = {"won": 0, "won_value": Decimal(0), "contractor_cost": Decimal(0), "cost": Decimal(0)}
    for source in [*sources, None]:
        mine = [r for r in won if first_source(r) == (source.pk if source else None)]
        spent = Decimal(0)
        for (s, month, currency), amount in costs.items():
            days = calendar.monthrange(month.year, month.month)[1]
            inside = sum(first <= month + dt.timedelta(days=n) < until for n in range(days))
            if source == sources[s] and RATES[currency] is not None:
                spent += cents(amount * inside / days * RATES[currency])
        said = {
            "won": len(mine),
            "won_value": sum((r.amount_base or Decimal(0) for r in mine), Decimal(0)),
            "contractor_cost": sum(
                (cents(r.contractor_cost * r.rate) for r in mine if r.contractor_cost is not None and r.rate),
                Decimal(0),
            ),
            "cost": spent,
        }
        row = found.get(source.name if source else "Not given")
        if row is None:
            assert not any(said.values())
            continue
        assert {name: Decimal(row[name]) for name in said} == said
        assert Decimal(row["profit"]) == said["won_value"] - said["contractor_cost"] - spent
        together = {name: together[name] + value for name, value in said.items()}
    assert {name: Decimal(found["Together"][name]) for name in together} == together
    if any(r.currency == "CHF" and r.contractor_cost for r in won):
        assert "CHF" in found["Together"]["no_rate"]


def sold(name: str, anna: Any, at: dt.datetime, **more: Any) -> Deal:
    deal = commands.create_deal(
        name=name, is_quick=True, currency="EUR", new_person=PERSON, by=Actor(anna), at=at, **more
    )
    return commands.win_deal(deal, by=Actor(anna), at=at)


def test_a_repeat_deal_counts_to_the_first_source_of_the_company(world: Any, anna: Any) -> None:
    (fair, site), (company, *_rest) = world
    sold("First", anna, NOW, amount=100, company=company, contractor_cost="30")
    sold("Again", anna, NOW, amount=50, company=company, source=site.pk)
    found = table()
    assert (found["Fair"]["won"], found["Fair"]["won_value"], found["Fair"]["profit"]) == (
        2,
        "150.00",
        "120.00",
    )
    assert found["Fair"]["avg_won_value"] == "75.0000" and "Site" not in found
    slices = figures("sources", scope_of(None, {}, at=NOW), ["sources"])["tables"][0]["rows"]
    assert {r["name"]: r["won"] for r in slices if r["won"]} == {"Fair": 2, "Together": 2}


def test_costs_are_of_the_whole_organisation(world: Any, anna: Any, dora: Any) -> None:
    (fair, _site), _companies = world
    set_source_costs(
        [{"source": fair.pk, "month": "2026-07", "currency": "EUR", "amount": 310}], by=Actor(dora), at=NOW
    )
    assert table(dora)["Fair"]["cost"] == "310.00"
    assert table(dora, from_="2026-07-01", to="2026-07-10")["Fair"]["cost"] == "100.00"
    assert "Fair" not in table(anna)  # a rep sees his own deals, so no cost stands beside them
    assert table(dora, owner=str(anna.pk))["Together"]["cost"] is None


def test_what_was_told_of_a_past_day_stays(world: Any, anna: Any, dora: Any) -> None:
    (fair, _site), (company, *_rest) = world
    early = NOW - dt.timedelta(days=20)
    deal = sold("First", anna, early, amount=100, company=company, contractor_cost=10)
    cost = {"source": fair.pk, "month": "2026-06", "currency": "EUR"}
    set_source_costs([cost | {"amount": 20}], by=Actor(dora), at=early)
    set_source_costs([cost | {"amount": 25}], by=Actor(dora), at=NOW - dt.timedelta(days=2))
    set_source_costs([cost | {"amount": ""}], by=Actor(dora), at=NOW - dt.timedelta(days=1))
    commands.edit_deal(deal, {"contractor_cost": "44"}, by=Actor(anna), at=NOW - dt.timedelta(days=1))
    was, now = table(as_of="2026-06-20")["Fair"], table()["Fair"]
    assert (was["cost"], was["contractor_cost"]) == ("20.00", "10.00")
    assert (now["cost"], now["contractor_cost"]) == ("0.00", "44.00")


def test_page_api_and_export(world: Any, anna: Any, dora: Any, client_of: Any, api_of: Any) -> None:
    _sources, (company, *_rest) = world
    sold("First", anna, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1), amount=100, company=company)
    page = client_of(dora).get("/reports/sources?part=returns").content.decode()
    assert "What sources bring and cost" in page
    answer = api_of(dora).get("/reports/sources").json()
    assert [t["name"] for t in answer["tables"]] == ["sources", "returns"]
    sheet = client_of(dora).get("/reports/sources?part=returns&export=csv")
    body = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
    assert "Cost of the source" in body.decode()
