"""Reports of five hundred deals against sums in plain Python, and the same figures by every way."""

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.insight.metrics.reports import REPORTS, figures
from takt.insight.metrics.reports.asking import scope_of
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.slices import CUTS
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands import create_company
from takt.sales.deals import commands as deal_commands
from takt.sales.deals.commands.importing import DealRow, SoldLine, import_deals
from takt.sales.deals.models import Deal, LossReason, Stage, StagePassage, StageTotal
from takt.sales.deals.rules import standing

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
ZONE = "Asia/Shanghai"


def local(moment: dt.datetime | None) -> dt.date | None:
    return None if moment is None else moment.astimezone(ZoneInfo(ZONE)).date()


def percent(deal: Deal) -> int:
    return deal.stage.probability if deal.probability is None else deal.probability


def rows(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(t for t in report["tables"] if t["name"] == name)["rows"]
    return found


@pytest.fixture
def crowd(settings: Any, pipeline: Any, anna: Any, carla: Any) -> list[Deal]:
    """Five hundred deals, written straight into the table with their totals."""
    settings.TIME_ZONE = ZONE
    chance = random.Random(7)
    stages = list(pipeline.stages.order_by("position"))
    reason = LossReason.objects.order_by("pk").first()
    assert reason is not None
    made = []
    for number in range(500):
        start = dt.datetime(2025, 7, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=chance.randrange(500_000))
        status = chance.choice(["open", "won", "lost"])
        closed_at = None if status == "open" else start + dt.timedelta(minutes=chance.randrange(60, 120_000))
        amount = None if chance.random() < 0.1 else Decimal(chance.randrange(1, 9_000_000)) / 100
        made.append(
            Deal(
                name=f"Deal {number}",
                sort_key=f"deal {number}",
                pipeline=pipeline,
                stage=chance.choice(stages),
                owner=chance.choice([anna, carla]),
                status=status,
                amount=amount,
                currency=settings.TAKT_CURRENCY,
                amount_base=amount if closed_at else None,
                rate=1 if closed_at else None,
                probability=chance.choice([None, None, 35]) if status == "open" else None,
                expected_close_on=chance.choice([None, dt.date(2026, 8, chance.randrange(1, 29))]),
                cycle_start_at=None if chance.random() < 0.1 else start,
                closed_at=closed_at,
                loss_reason=reason if status == "lost" else None,
                stage_entered_at=start,
                last_activity_at=start,
                created_at=start,
                updated_at=start,
            )
        )
    Deal.objects.bulk_create(made)
    StagePassage.objects.bulk_create(
        StagePassage(
            deal=deal,
            pipeline=pipeline,
            stage=deal.stage,
            entered_at=deal.created_at,
            left_at=deal.closed_at,
            exit=deal.status if deal.closed_at else "",
        )
        for deal in made
    )
    totals: dict[Any, list[Any]] = {}
    for deal in made:
        if deal.status == "open":
            add = standing(deal.amount, deal.probability)
            sums = totals.setdefault((deal.stage_id, deal.owner_id), [0, 0, 0, 0])
            for place, part in enumerate((add.deals, add.amount, add.overridden, add.overridden_weighted)):
                sums[place] += part
    StageTotal.objects.bulk_create(
        StageTotal(
            stage_id=stage,
            owner_id=owner,
            currency=settings.TAKT_CURRENCY,
            deals=deals,
            amount=amount,
            overridden=overridden,
            overridden_weighted=weighted,
        )
        for (stage, owner), (deals, amount, overridden, weighted) in totals.items()
    )
    return made


def whole(**asked: str) -> Scope:
    given = {name.rstrip("_"): value for name, value in asked.items()}
    return scope_of(None, given, at=NOW)


def test_conversion_is_what_a_count_says(crowd: list[Deal]) -> None:
    found = figures("conversion", whole(from_="2026-01-01", to="2026-03-31"))
    first, last = dt.date(2026, 1, 1), dt.date(2026, 3, 31)
    closed = [d for d in crowd if d.closed_at and first <= local(d.closed_at) <= last]  # type: ignore[operator]
    won = [d for d in closed if d.status == "won"]
    assert 20 < len(won) < len(closed)
    totals = found["totals"]
    assert (totals["won"], totals["closed"]) == (len(won), len(closed))
    assert totals["win_rate"] == f"{len(won) / len(closed):.6f}"
    assert Decimal(totals["won_value"]) == sum(d.amount or 0 for d in won)
    months = Counter(local(d.closed_at).strftime("%Y-%m") for d in won)  # type: ignore[union-attr]
    assert {row["month"]: row["won"] for row in rows(found, "months")} == dict(months)


def test_cycle_is_what_a_count_says(crowd: list[Deal]) -> None:
    found = figures("cycle", whole())
    timed = [d for d in crowd if d.status == "won" and d.cycle_start_at]
    days = [(local(d.closed_at) - local(d.cycle_start_at)).days for d in timed]  # type: ignore[operator]
    said = found["totals"]["days_won"]
    assert (said["count"], said["median"]) == (len(days), f"{median(days):.1f}")
    assert float(said["mean"]) == pytest.approx(mean(days), abs=1e-4)
    day = dt.date(2026, 2, 10)
    ages = [
        (day - local(d.cycle_start_at)).days  # type: ignore[operator]
        for d in crowd
        if d.cycle_start_at
        and local(d.cycle_start_at) <= day  # type: ignore[operator]
        and (d.closed_at is None or local(d.closed_at) > day)  # type: ignore[operator]
    ]
    stages = rows(figures("cycle", whole(as_of="2026-02-10", over="30,60")), "ages")
    assert sum(row["count"] for row in stages) == len(ages) > 50
    assert sum(row["over_60"] for row in stages) == sum(age > 60 for age in ages)


def test_the_forecast_is_what_a_count_says(crowd: list[Deal]) -> None:
    totals = figures("forecast", whole(from_="2026-08-01", to="2026-08-15"))["totals"]
    dated = [d for d in crowd if d.status == "open" and d.expected_close_on]
    due = [d for d in dated if d.expected_close_on <= dt.date(2026, 8, 15)]  # type: ignore[operator]
    weighted = sum((d.amount or Decimal(0)) * percent(d) / 100 for d in due)
    assert totals["dated"] == len(due)
    assert Decimal(totals["weighted"]) == pytest.approx(weighted, abs=Decimal("0.02"))
    undated = [d for d in crowd if d.status == "open" and d.expected_close_on is None]
    assert totals["no_date"] == len(undated)


def test_losses_are_what_a_count_says(crowd: list[Deal]) -> None:
    found = figures("losses", whole())
    lost = [d for d in crowd if d.status == "lost"]
    assert found["totals"]["lost"] == len(lost)
    assert sum(row["count"] for row in rows(found, "reasons_by_stage")) == len(lost)
    assert Decimal(found["totals"]["lost_value"]) == sum(d.amount or 0 for d in lost)


def test_cohorts_and_past_days(crowd: list[Deal]) -> None:
    found = figures("funnel", whole(as_of="2025-12-31"))
    begun = Counter(local(d.cycle_start_at).strftime("%Y-%m") for d in crowd if d.cycle_start_at)  # type: ignore[union-attr]
    assert {row["month"]: row["entered"] for row in rows(figures("funnel", whole()), "cohorts")} == dict(
        begun
    )
    day, end = dt.date(2025, 12, 31), dt.date(2026, 3, 31)
    standing_then = [
        d
        for d in crowd
        if d.cycle_start_at
        and local(d.cycle_start_at) <= day  # type: ignore[operator]
        and (d.closed_at is None or local(d.closed_at) > day)  # type: ignore[operator]
    ]
    then = rows(found, "snapshot")[0]
    assert then["open"] == len(standing_then)
    assert rows(found, "followed")[0]["of_these_won"] == sum(
        d.status == "won" and local(d.closed_at) <= end  # type: ignore[operator]
        for d in standing_then
    )


def test_kept_totals_and_a_live_count_are_one(crowd: list[Deal], teams: dict[str, Any]) -> None:
    kept = figures("funnel", whole(), ["stages"])
    live = figures("funnel", whole(team="Sales"), ["stages"])
    assert kept["totals"]["open"] == sum(d.status == "open" for d in crowd)
    assert kept == live


@pytest.mark.parametrize("by", list(CUTS))
def test_the_rows_of_a_cut_funnel_add_up_to_the_whole(by: str, crowd: list[Deal], anna: Any) -> None:
    """Whatever the parameter; deals without it stand in a row of their own."""
    for scope in (whole(by=by), scope_of(anna, {"by": by}, at=NOW)):
        *parts, together = rows(figures("funnel", scope, ["slices"]), f"slices_by_{by}")
        seen = [d for d in crowd if scope.user is None or d.owner_id == anna.pk]
        assert [together[s] for s in ("open", "won", "lost")] == [
            sum(d.status == s for d in seen) for s in ("open", "won", "lost")
        ]
        for key in {k for k in together if k.startswith("open_") and k != "open_amount"} | {
            "open",
            "won",
            "lost",
        }:
            assert sum(row[key] for row in parts) == together[key]
        for key in ("open_amount", "won_value"):
            assert sum(Decimal(row[key]) for row in parts) == Decimal(together[key]) > 0


def test_a_funnel_is_not_cut_by_products(crowd: list[Deal]) -> None:
    with pytest.raises(Invalid):
        figures("funnel", whole(by="product"), ["slices"])


def test_a_hidden_customer_has_no_row(
    pipeline: Any, anna: Any, boris: Any, carla: Any, at: dt.datetime
) -> None:
    """Anna's deal is with a company of Carla's; Anna sees the deal, not the customer."""
    company = create_company(name="Secret", industry="Mining", by=Actor(carla), at=at)
    deal = deal_commands.create_deal(name="A", amount="10", is_quick=True, by=Actor(anna), at=at)
    Deal.objects.filter(pk=deal.pk).update(company=company)
    for by in ("company", "industry", "region"):
        found = rows(figures("funnel", scope_of(anna, {"by": by}, at=NOW), ["slices"]), f"slices_by_{by}")
        assert [row["name"] for row in found] == ["Not given", "Together"]
        assert [row["open"] for row in found] == [1, 1]


class TestBottleneck:
    @pytest.fixture
    def passed(self, pipeline: Any, anna: Any, carla: Any, at: dt.datetime) -> dict[str, Any]:
        """Twelve deals each: Anna loses most at the first stage, Carla and both together at the second."""
        first, second, third = list(pipeline.stages.order_by("position"))[:3]
        for owner, there, further in ((anna, 6, 6), (carla, 12, 1)):
            for number in range(12):
                deal = deal_commands.create_deal(
                    name=f"{owner} {number}", amount="10", stage=first, is_quick=True, by=Actor(owner), at=at
                )
                if number < there:
                    deal_commands.move_deal(deal, second, by=Actor(owner), at=at + dt.timedelta(days=7))
                if number < further:
                    deal_commands.move_deal(deal, third, by=Actor(owner), at=at + dt.timedelta(days=27))
                else:
                    deal_commands.lose_deal(
                        deal, reason="price", by=Actor(owner), at=at + dt.timedelta(days=30)
                    )
        return {"first": first, "second": second, "third": third}

    def test_the_worst_transition_is_marked(self, passed: dict[str, Any], carla: Any, dora: Any) -> None:
        found = figures("bottleneck", scope_of(dora, {}, at=NOW))
        assert found["totals"]["bottleneck"] == passed["second"].name
        marked = [row for row in rows(found, "transitions") if row["mark"]]
        assert [(row["stage"], row["mature"]) for row in marked] == [(passed["second"].name, "0.388889")]

    def test_another_rep_shows_another_stage(self, passed: dict[str, Any], dora: Any) -> None:
        found = rows(figures("bottleneck", scope_of(dora, {}, at=NOW)), "by_owner")
        assert {row["name"]: (row["stage"], row["mature"]) for row in found} == {
            "Anna": (passed["first"].name, "0.500000"),
            "Carla": (passed["second"].name, "0.083333"),
        }

    def test_a_rep_sees_himself_alone(self, passed: dict[str, Any], anna: Any) -> None:
        found = rows(figures("bottleneck", scope_of(anna, {}, at=NOW)), "by_owner")
        assert [row["name"] for row in found] == ["Anna"]

    def test_too_few_deals_are_no_bottleneck(self, pipeline: Any, anna: Any, at: dt.datetime) -> None:
        deal = deal_commands.create_deal(name="A", amount="10", is_quick=True, by=Actor(anna), at=at)
        deal_commands.lose_deal(deal, reason="price", by=Actor(anna), at=at)
        found = figures("bottleneck", whole())
        assert found["totals"]["bottleneck"] is None
        assert rows(found, "by_owner")[0]["mature"] is None

    def test_the_slowest_stage_against_its_norm(self, passed: dict[str, Any]) -> None:
        first, second, *_rest = rows(figures("bottleneck", whole()), "times")
        assert (first["count"], first["mean"], first["norm"]) == (18, "7.0000", 7)
        assert (second["count"], second["mean"], second["of_norm"]) == (7, "20.0000", "2.000000")
        assert [bool(row["mark"]) for row in (first, second)] == [False, True]

    def test_balance_by_the_pace_and_by_targets(
        self, passed: dict[str, Any], admin: Any, at: dt.datetime
    ) -> None:
        found = figures("balance", whole())
        assert rows(found, "balance")[0]["imbalance"] is None  # the later stages were never passed
        for stage, target in zip(passed.values(), (50, 30, 20), strict=True):
            deal_commands.edit_stage(stage, {"target_share": target}, by=Actor(admin), at=at)
        found = figures("balance", whole())
        [one] = rows(found, "balance")
        assert (one["imbalance"], found["totals"]["imbalance"]) == ("0.800000", "0.800000")
        assert "Too few new deals" in one["advice"]
        third = rows(found, "shares")[2]
        assert (third["share"], third["target"], third["difference"]) == ("1.000000", "0.200000", "0.800000")


@pytest.mark.parametrize("name", list(REPORTS))
def test_page_api_and_command_say_the_same(
    name: str, crowd: list[Deal], admin: Any, client_of: Callable[..., Any], api_of: Callable[..., Any]
) -> None:
    asked = {"from": "2026-01-01", "to": "2026-03-31", "as_of": "2026-02-10"}
    said = StringIO()
    options = {"from": asked["from"], "to": asked["to"], "as_of": asked["as_of"]}
    call_command("report", name, json=True, stdout=said, **options)
    by_command = json.loads(said.getvalue())
    by_api = api_of(admin).get(f"/reports/{name}", asked).json()
    assert by_api == by_command
    browser = client_of(admin)
    shown = []
    for part in REPORTS[name].parts:
        answer = browser.get(f"/reports/{name}", asked | {"part": part})
        assert answer.status_code == 200
        shown += answer.context["figures"]["tables"] if answer.context else []
    if shown:
        assert json.loads(json.dumps(shown)) == by_command["tables"]
    page = browser.get(f"/reports/{name}", asked)
    assert page.status_code == 200
    assert b'id="definition"' in page.content


def test_a_rep_counts_only_his_own(crowd: list[Deal], anna: Any, api_of: Callable[..., Any]) -> None:
    mine = [d for d in crowd if d.owner_id == anna.pk]
    found = api_of(anna).get("/reports/funnel").json()
    assert found["totals"]["deals"] == len(mine) < len(crowd)
    names = {row["name"] for row in rows(api_of(anna).get("/reports/leaderboard").json(), "by_owner")}
    assert names == {"Anna"}


def test_whom_a_reader_may_not_see_he_cannot_ask_for(
    crowd: list[Deal], anna: Any, boris: Any, carla: Any, api_of: Callable[..., Any]
) -> None:
    """Hidden and missing are the same answer, for a person by number or e-mail and for a team."""
    for asked in ({"owner": carla.pk}, {"owner": carla.email}, {"owner": 999_999}, {"team": "South"}):
        for reader in (anna, boris):
            answer = api_of(reader).get("/reports/conversion", asked)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "unknown"
    assert api_of(boris).get("/reports/conversion", {"owner": anna.email, "team": "North"}).status_code == 200
    for asked in ({"color": "red"}, {"as_of": "2199-01-01"}, {"owner": "a\x00b"}):
        assert api_of(anna).get("/reports/funnel", asked).status_code == 422


def test_lines_without_a_rate_are_never_added(
    pipeline: Any, anna: Any, at: dt.datetime, settings: Any
) -> None:
    """Two won deals of one product; only the one whose currency had a rate counts with its amount."""
    product = Product.objects.create(name="Mill", sort_key="mill", series="M", created_at=at, updated_at=at)
    stage = pipeline.stages.first().pk
    lines = [SoldLine(product.pk, Decimal(1), Decimal(500))]
    made = [
        DealRow(
            name=currency, pipeline=pipeline.pk, stage=stage, owner=anna.pk, currency=currency, created_at=at,
            status="won", closed_at=at, amount=Decimal(500), lines=lines,
        )
        for currency in (settings.TAKT_CURRENCY, "CHF")
    ]  # fmt: skip
    import_deals(made, by=Actor(via="demo"), at=at)
    [row] = rows(figures("leaderboard", whole()), "by_product")
    assert (row["won"], row["won_value"]) == (2, "500.00")


@pytest.mark.parametrize("name", list(REPORTS))
def test_the_number_of_queries_is_bounded(name: str, crowd: list[Deal]) -> None:
    with CaptureQueriesContext(connection) as few:
        figures(name, whole())
    assert len(few) < 30


def test_what_is_unknown_is_refused(db: None, anna: Any, api_of: Callable[..., Any]) -> None:
    for name, value in {"from": "soon", "owner": "nobody@x", "over": "many", "by": "mood"}.items():
        with pytest.raises(Invalid):
            scope_of(None, {name: value}, at=NOW)
    assert api_of(anna).get("/reports/moods").status_code == 404
    assert api_of(anna).get("/reports/funnel", {"from": "soon"}).status_code == 422


def test_the_export_holds_every_table(crowd: list[Deal], admin: Any, client_of: Callable[..., Any]) -> None:
    answer = client_of(admin).get("/reports/losses", {"export": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "By reason and stage" in text


def test_deals_without_a_rate_are_named_in_every_report_that_sums_money(
    pipeline: Any, anna: Any, admin: Any, at: dt.datetime, client_of: Callable[..., Any]
) -> None:
    """One open, one won and one lost deal in francs, for which there is no rate."""
    stage, reason = (
        pipeline.stages.first().pk,
        LossReason.objects.order_by("pk").values_list("pk", flat=True)[0],
    )
    made = [
        DealRow(
            name=status, pipeline=pipeline.pk, stage=stage, owner=anna.pk, currency="CHF", created_at=at,
            status=status, closed_at=None if status == "open" else at, amount=Decimal(500),
            loss_reason=reason if status == "lost" else None, expected_close_on=NOW.date(),
        )
        for status in ("open", "won", "lost")
    ]  # fmt: skip
    import_deals(made, by=Actor(via="demo"), at=at)
    counts = {"funnel": 3, "conversion": 2, "forecast": 2, "leaderboard": 1, "losses": 1, "cycle": 0}
    counts |= {"sources": 2, "bottleneck": 0, "balance": 0, "levels": 0, "rhythm": 0}
    assert set(counts) <= set(REPORTS)
    for name in REPORTS:
        count = counts.get(name, 0)  # the other rooms' reports sum no money of deals
        wanted = [{"currency": "CHF", "deals": count, "amount": f"{count * 500}.00"}] if count else []
        for asked in ({}, {"team": "North"}, {"as_of": "2026-06-01"}):
            assert figures(name, whole(**asked))["not_converted"] == wanted, (name, asked)
        page = client_of(admin).get(f"/reports/{name}").content.decode()
        assert ("there is no rate for CHF" in page) is bool(count)


def test_every_decimal_is_text(crowd: list[Deal]) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [n for one in value.values() for n in numbers(one)]
        if isinstance(value, list):
            return [n for one in value for n in numbers(one)]
        return [value] if isinstance(value, float) else []

    for name in REPORTS:
        assert numbers(json.loads(json.dumps(figures(name, whole())))) == []


def test_only_teams_within_reach_are_offered(
    crowd: list[Deal],
    anna: Any,
    boris: Any,
    dora: Any,
    person: Callable[..., Any],
    client_of: Callable[..., Any],
) -> None:
    from takt.insight.metrics.reports.asking import teams_within
    from takt.kernel.accounts.models import Team

    names = lambda user: set(Team.objects.filter(pk__in=teams_within(user)).values_list("name", flat=True))  # noqa: E731
    assert names(anna) == names(boris) == {"North"}
    chief = person("chief", role="lead", team="sales")
    assert names(chief) == {"Sales", "North", "South"}
    assert teams_within(dora) is None
    for reader, hidden in ((anna, "South"), (boris, "South")):
        page = client_of(reader).get("/reports/conversion").content.decode()
        assert f">{hidden}</option>" not in page
    for reader in (anna, boris):
        for team in ("South", "Sales", "Nowhere"):
            with pytest.raises(Invalid) as refused:
                scope_of(reader, {"team": team}, at=NOW)
            assert [e.code for e in refused.value.errors] == ["unknown"]


class TestBusinessFunnel:
    """Customers, opportunities by level, won: what a brute-force count says (features DL37)."""

    @pytest.mark.parametrize("asked", [{}, {"from_": "2025-10-01", "to": "2026-01-31"}])
    def test_it_is_what_a_count_says(self, asked: dict[str, str], crowd: list[Deal], at: dt.datetime) -> None:
        by, chance = Actor(user=None, via="timer"), random.Random(3)
        firms = [create_company(name=f"F{n}", by=by, at=at) for n in range(120)]
        stages = list(Stage.objects.order_by("position"))
        for deal in crowd:
            deal.company = chance.choice([None, *firms])
            if chance.random() < 0.5:  # it went on, or back, and its furthest stage counts
                other = chance.choice(stages)
                StagePassage.objects.create(
                    deal=deal, pipeline=deal.pipeline, stage=other, entered_at=deal.created_at,
                    left_at=deal.created_at, exit="moved_back",
                )  # fmt: skip
        Deal.objects.bulk_update(crowd, ["company"])
        Stage.objects.filter(pk=stages[1].pk).update(level="")
        given = {name.rstrip("_"): value for name, value in asked.items()}
        since, to = (dt.date.fromisoformat(given[x]) if x in given else None for x in ("from", "to"))
        names = ["first_contact", "competition", "signing"]
        rank, rank_of = 0, {}
        for stage in Stage.objects.order_by("position"):
            rank = names.index(stage.level) if stage.level else rank
            rank_of[stage.pk] = rank
        begun = {d.pk: local(d.created_at) for d in crowd}
        reached = {
            d.pk: 3 if d.status == "won" else max(rank_of[p.stage_id] for p in d.passages.all())
            for d in crowd
        }

        def is_in(day: dt.date | None) -> bool:
            assert day is not None
            return (since is None or day >= since) and (to is None or day <= to)

        first: dict[int, dt.date] = {}
        for d in crowd:
            if d.company_id:
                first[d.company_id] = min(first.get(d.company_id, dt.date.max), begun[d.pk])  # type: ignore[type-var]
        these = [d for d in crowd if is_in(begun[d.pk])]
        fresh = {c for c, day in first.items() if is_in(day)}
        came = {c: max(reached[d.pk] for d in these if d.company_id == c) for c in fresh}
        found = rows(figures("levels", whole(**asked)), "levels")
        assert [r["key"] for r in found] == ["customers", *names, "won"]
        assert found[0]["customers"] == len(fresh)
        for level, row in enumerate(found[1:]):
            assert row["opportunities"] == sum(reached[d.pk] >= level for d in these)
            assert row["customers"] == sum(r >= level for r in came.values())
            if level < 3:
                for status in ("open", "lost"):
                    assert row[status] == sum(reached[d.pk] == level and d.status == status for d in these)
        assert found[4]["opportunities_of_first"] == str(
            (Decimal(found[4]["opportunities"]) / len(these)).quantize(Decimal("0.000001"))
        )

    def test_levels_that_no_stage_has_take_no_row(self, crowd: list[Deal]) -> None:
        Stage.objects.update(level="")
        found = rows(figures("levels", whole()), "levels")
        assert [r["key"] for r in found] == ["customers", "first_contact", "won"]
        Stage.objects.update(level="signing")
        found = rows(figures("levels", whole()), "levels")
        assert [r["key"] for r in found] == ["customers", "signing", "won"]
        assert found[1]["opportunities"] == len(crowd)

    def test_a_person_without_a_company_is_a_customer(
        self, pipeline: Any, anna: Any, at: dt.datetime
    ) -> None:
        person = deal_commands.NewPerson("Ilse", phone="+4930111")
        deal = deal_commands.create_deal(name="A", is_quick=True, new_person=person, by=Actor(anna), at=at)
        again = deal.parts.get().contact_id
        deal_commands.create_deal(name="B", is_quick=True, contacts=[again], by=Actor(anna), at=at)
        found = rows(figures("levels", whole()), "levels")
        assert (found[0]["customers"], found[1]["opportunities"]) == (1, 2)

    def test_a_rep_counts_what_he_sees(self, crowd: list[Deal], anna: Any) -> None:
        found = rows(figures("levels", scope_of(anna, {}, at=NOW)), "levels")
        assert found[1]["opportunities"] == sum(d.owner_id == anna.pk for d in crowd)
