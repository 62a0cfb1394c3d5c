"""The board: its columns and their sums, moves, quick deals, new stages."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.asking import asked
from takt.kernel.money.commands import set_rate
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.lists import DEALS
from takt.sales.deals.models import Deal, Stage, StagePassage
from takt.sales.deals.queries import board as queries

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
CENT = Decimal("0.01")


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str = "Racking", **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


def question(user: Any, query: str = "") -> Any:
    return asked(DEALS, QueryDict(query), user, also=("pipeline",), blanks=True)


def total_of(user: Any, stage: Stage, at: dt.datetime, query: str = "") -> queries.Sum_:
    return queries.totals([stage], question(user, query), user, at=at)[stage.pk]


def test_the_board_shows_cards_by_stage(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    deal = made(anna, at, "Cold store racking", new_company="Frisia")
    page = client_of(anna).get("/deals/board")
    text = page.content.decode()
    assert page.status_code == 200
    assert f'data-deal="{deal.pk}"' in text
    assert "Cold store racking" in text
    assert "Frisia" in text
    assert "Call Ilse" in text
    assert all(f'id="head-{s.pk}"' in text for s in stages)


def test_sums_equal_the_deals_one_by_one(stages: Any, anna: Any, boris: Any, at: Any, takt: Any) -> None:
    set_rate("USD", at.date(), Decimal("0.9"), by=takt, at=at)
    stage = stages[1]
    rows = [
        ("1000.10", "EUR", None), ("2000.55", "USD", None), ("333.33", "USD", 35), ("700", "JPY", None),
        ("90", "EUR", 5), (None, "EUR", None),
    ]  # fmt: skip
    for amount, currency, percent in rows:
        made(anna, at, amount=amount, currency=currency, probability=percent, stage=stage.pk)
    rates = {"EUR": Decimal(1), "USD": Decimal("0.9")}
    by_currency: dict[str, Decimal] = {}
    expected: dict[str, Decimal] = {}
    for amount, currency, percent in rows:
        worth = Decimal(amount or 0)
        share = stage.probability if percent is None else percent
        by_currency[currency] = by_currency.get(currency, Decimal(0)) + worth
        expected[currency] = expected.get(currency, Decimal(0)) + worth * share / 100
    for query in ("", "q=Racking"):
        for user in (anna, boris):
            total = total_of(user, stage, at, query)
            assert total.deals == 6
            assert total.amount == sum((by_currency[c] * r).quantize(CENT) for c, r in rates.items())
            assert abs(total.weighted - sum(expected[c] * r for c, r in rates.items())) <= CENT
            assert total.not_converted == (("JPY", 1),)


def test_kept_and_live_totals_are_equal(stages: Any, anna: Any, carla: Any, dora: Any, at: Any) -> None:
    for number, user in enumerate((anna, carla, anna, dora)):
        made(user, at, amount=str(101 * (number + 1)), probability=number * 7, stage=stages[number % 2].pk)
    for user in (anna, carla, dora):
        kept = queries.totals(stages, question(user), user, at=at)
        live = queries.totals(stages, question(user, "q=rack"), user, at=at)
        assert kept == live


def test_a_rep_counts_only_what_he_sees(stages: Any, anna: Any, carla: Any, dora: Any, at: Any) -> None:
    made(anna, at)
    made(carla, at)
    assert [total_of(u, stages[0], at).deals for u in (anna, carla, dora)] == [1, 1, 2]


def test_as_many_queries_for_few_deals_as_for_many(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    browser = client_of(anna)
    counts = []
    for more in (5, 195):
        for i in range(more):
            made(anna, at + dt.timedelta(minutes=i), f"Deal {i}", stage=stages[i % len(stages)].pk)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/deals/board").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 16


@pytest.mark.parametrize("sort", ["", "sort=-amount", "sort=next_due_at", "sort=expected_close_date"])
def test_more_cards_by_cursor_are_each_deal_once(
    sort: str, stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    for i in range(45):
        amount = None if i % 4 == 0 else str(100 * (i // 3))
        made(anna, at + dt.timedelta(minutes=i // 3), f"Deal {i}", amount=amount)
    first = queries.columns(stages[:1], question(anna, sort), anna, at=at)[0]
    seen, cursor = [row.id for row in first.rows], first.cursor
    while cursor:
        rows, following = queries.more_cards(stages[0], question(anna, f"{sort}&cursor={cursor}"), anna)
        seen += [row.id for row in rows]
        cursor = following
    assert len(seen) == len(set(seen)) == 45
    browser = client_of(anna)
    more = browser.get(f"/deals/board/column/{stages[0].pk}?{sort}&cursor={first.cursor}", headers=HX)
    assert more.content.decode().count("data-deal=") == 25
    assert browser.get(f"/deals/board/column/{stages[0].pk}?cursor=nonsense").status_code == 422
    assert browser.get("/deals/board/column/999999").status_code == 404


def test_filters_and_what_can_not_be_read(
    stages: Any, anna: Any, boris: Any, at: Any, client_of: Any
) -> None:
    mine, his = made(anna, at, "Anna's"), made(boris, at, "Boris's")
    text = client_of(boris).get("/deals/board?owner=me").content.decode()
    assert f'data-deal="{his.pk}"' in text
    assert f'data-deal="{mine.pk}"' not in text
    assert client_of(anna).get("/deals/board?colour=red").status_code == 422


def test_the_toggle_keeps_filter_and_order(stages: Any, anna: Any, client_of: Any) -> None:
    line = stages[0].pipeline_id
    board = client_of(anna).get(f"/deals/board?pipeline={line}&owner=me&sort=-amount").content.decode()
    assert f'href="/deals?pipeline={line}&amp;status=open&amp;owner=me&amp;sort=-amount"' in board
    table = client_of(anna).get(f"/deals?pipeline={line}&status=open&owner=me&sort=-amount").content.decode()
    assert f'href="/deals/board?pipeline={line}&amp;owner=me&amp;sort=-amount"' in table


def test_names_are_text_and_never_markup(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    name = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
    made(anna, at, name, new_company=name)
    for path in ("/deals/board", "/deals"):
        text = client_of(anna).get(path).content.decode()
        assert "<img src=x" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;{{ 7 * 7 }}" in text


def test_move_answers_the_new_sums_and_can_be_taken_back(
    stages: Any, anna: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at)
    before = list(StagePassage.objects.values())
    browser = client_of(anna, headers={"Accept": "application/json"})
    told = browser.post(f"/deals/{deal.pk}/move", {"stage": stages[2].pk, "version": deal.version}).json()
    assert set(told["heads"]) == {str(stages[0].pk), str(stages[2].pk)}
    assert told["version"] == deal.version + 1
    assert told["undo"].startswith("/undo/")
    assert f'data-deal="{deal.pk}"' in told["card"]
    assert 'id="board-totals"' in told["totals"]
    stale = browser.post(f"/deals/{deal.pk}/move", {"stage": stages[3].pk, "version": deal.version})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    was = deal
    assert browser.post(told["undo"]).status_code < 400
    deal = Deal.objects.get()
    assert (deal.stage_id, deal.stage_entered_at, deal.max_stage_position) == (
        was.stage_id,
        was.stage_entered_at,
        was.max_stage_position,
    )
    assert list(StagePassage.objects.values()) == before
    assert [total_of(anna, s, at).deals for s in stages[:3]] == [1, 0, 0]


def test_a_refused_move_says_why(stages: Any, anna: Any, boris: Any, at: Any, client_of: Any) -> None:
    deal = made(anna, at)
    reason = commands.lose_deal(deal.pk, _reason(), by=Actor(anna), at=at).loss_reason
    assert reason is not None
    browser = client_of(anna, headers={"Accept": "application/json"})
    told = browser.post(f"/deals/{deal.pk}/move", {"stage": stages[2].pk})
    assert (told.status_code, told.json()["code"]) == (409, "already_closed")
    assert told.json()["detail"]


def _reason() -> str:
    from takt.sales.deals.models import LossReason

    found = LossReason.objects.filter(is_active=True, is_system=False, needs_comment=False).first()
    assert found is not None
    return found.slug


def test_move_from_the_page_goes_back_there(
    stages: Any, anna: Any, carla: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at)
    got = client_of(anna).post(f"/deals/{deal.pk}/move", {"stage": stages[1].pk})
    assert (got.status_code, got.headers["Location"]) == (303, f"/deals/{deal.pk}")
    assert client_of(carla).post(f"/deals/{deal.pk}/move", {"stage": stages[2].pk}).status_code == 404


def test_quick_deal(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    browser = client_of(anna)
    typed = {"name": "Spare lift", "person": "Ilse", "reach": "ilse@frisia.example", "amount": "38 000,50"}
    got = browser.post("/deals/quick", typed | {"stage": stages[2].pk}, headers=HX)
    text = got.content.decode()
    deal = Deal.objects.get()
    assert got.status_code == 200
    assert f'data-deal="{deal.pk}"' in text
    assert f'id="head-{stages[2].pk}" hx-swap-oob="true"' in text
    assert (deal.owner, deal.stage, deal.amount) == (anna, stages[2], Decimal("38000.50"))
    assert deal.next_task is not None
    assert deal.parts.get().contact.emails.get().address == "ilse@frisia.example"
    plain = browser.post("/deals/quick", {"name": "By plain form", "stage": stages[1].pk})
    assert plain.status_code == 303
    wrong = browser.post("/deals/quick", {"name": "", "stage": stages[0].pk, "person": "Kept"}, headers=HX)
    assert wrong.status_code == 422
    assert wrong.headers["HX-Retarget"] == f"#quick-{stages[0].pk}"
    assert "Kept" in wrong.content.decode()
    assert Deal.objects.count() == 2


def test_a_reader_can_not_add(stages: Any, person: Any, client_of: Any) -> None:
    auditor = person("olga", role="auditor", team=None)
    page = client_of(auditor).get("/deals/board")
    assert page.status_code == 200
    assert "data-quick" not in page.content.decode()
    assert client_of(auditor).post("/deals/quick", {"name": "X", "stage": stages[0].pk}).status_code == 403


def test_a_stage_is_added_from_the_board(stages: Any, dora: Any, anna: Any, client_of: Any) -> None:
    line = stages[0].pipeline_id
    path = f"/pipelines/{line}/stages"
    got = client_of(dora).post(path, {"name": "Trial run", "probability": "55", "norm_days": ""}, headers=HX)
    stage = Stage.objects.get(pipeline=line, name="Trial run")
    assert got.status_code == 200
    assert f'data-stage="{stage.pk}"' in got.content.decode()
    again = client_of(dora).post(path, {"name": "Trial run"}, headers=HX)
    assert again.status_code == 422
    assert client_of(anna).post(path, {"name": "Mine"}, headers=HX).status_code == 403
    assert path not in client_of(anna).get("/deals/board").content.decode()
