"""The kept totals and those counted live say the same under every filter that both can answer."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.asking import asked
from takt.kernel.money.commands import set_rate
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import ClosedTotal, Deal, LossReason, Stage
from takt.sales.deals.queries import totals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def deals(pipeline: Any, anna: Any, carla: Any, admin: Any, at: dt.datetime) -> list[Deal]:
    """Open, won and lost deals of two reps in three currencies, one of them without a rate."""
    set_rate("USD", at.date(), Decimal("0.9"), by=Actor(admin), at=at)
    reason = LossReason.objects.filter(is_active=True, is_system=False, needs_comment=False).first()
    made = []
    for number, (owner, currency) in enumerate((o, c) for o in (anna, carla) for c in ("EUR", "USD", "ISK")):
        for state in ("open", "won", "lost"):
            deal = commands.create_deal(
                name=f"{state} {number}",
                amount=str(100 * number + 50),
                currency=currency,
                first_task=NewTask("call", "Call", at),
                new_person=NewPerson(f"Ilse {number} {state}"),
                by=Actor(owner),
                at=at,
            )
            if state == "won":
                commands.win_deal(deal.pk, by=Actor(owner), at=at)
            elif state == "lost":
                commands.lose_deal(deal.pk, reason, by=Actor(owner), at=at)
            made.append(deal)
    return made


def both(user: Any, query: str) -> tuple[Any, Any]:
    ask = asked(DEALS, QueryDict(query), user)
    assert totals._is_kept(ask)
    rows = ask.apply(deal_rows(user))
    return totals._summed(totals._kept(ask)), totals._summed(totals._live(rows))


QUERIES = [
    "", "status=open", "status=won", "status=won,lost", "owner=me", "status=open&owner=me", "currency=USD",
    "currency=ISK&status=lost,open", "owner=carla@takt.example",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_kept_and_live_are_equal(deals: Any, anna: Any, boris: Any, dora: Any, query: str) -> None:
    for user in (anna, boris, dora):
        kept, live = both(user, query)
        assert kept == live


def test_the_figures_themselves(deals: Any, dora: Any, pipeline: Any) -> None:
    (count, total), _live = both(dora, f"pipeline={pipeline.pk}&status=won")
    # 50 + 350 EUR, (150 + 450) USD at 0.9, and 250 + 550 ISK without a rate.
    assert (count, total.amount, total.not_converted) == (6, Decimal("940.00"), {"ISK": Decimal("800.00")})


def test_other_filters_are_counted_live(deals: Any, dora: Any) -> None:
    for query in ("name__contains=won", "amount__gte=400", "q=lost", "owner__ne=me"):
        ask = asked(DEALS, QueryDict(query), dora)
        assert not totals._is_kept(ask)
        rows = ask.apply(deal_rows(dora))
        assert totals.totals_of(ask, rows)[0] == len(rows)


def test_closed_totals_follow_every_act(
    deals: list[Deal], dora: Any, admin: Any, anna: Any, at: dt.datetime
) -> None:
    by = Actor(admin)
    won, lost = deals[1], deals[2]
    commands.reopen_deal(won.pk, next_task=NewTask("call", "Again", at), by=by, at=at)
    commands.delete_deal(lost.pk, by=by, at=at)
    commands.assign_deals([deals[4].pk], anna.pk, by=by, at=at)
    commands.edit_deal(deals[6].pk, {"amount": "1234.56"}, by=by, at=at)
    for query in QUERIES:
        kept, live = both(dora, query)
        assert kept == live
    assert not ClosedTotal.objects.filter(deals__lt=0).exists()


def test_the_list_shows_them(deals: Any, dora: Any, client_of: Any) -> None:
    page = client_of(dora).get("/deals?name__contains=won")
    assert page.status_code == 200 and "6 records" in page.content.decode()
    assert "18 records" in client_of(dora).get("/deals").content.decode()


def test_a_move_names_its_stage(deals: list[Deal], anna: Any, client_of: Any) -> None:
    second = Stage.objects.order_by("position")[1]
    browser = client_of(anna)
    assert browser.post(f"/deals/{deals[0].pk}/move", {"stage": second.pk}).status_code == 303
    refused = browser.post(f"/deals/{deals[0].pk}/move", {}, headers={"Accept": "application/json"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "stage"
    assert Deal.objects.get(pk=deals[0].pk).stage_id == second.pk


def test_a_version_that_is_none_is_refused(deals: list[Deal], anna: Any, client_of: Any) -> None:
    browser = client_of(anna)
    for version in ("abc", "-1", "1.0", "9" * 30, "١"):
        answer = browser.post(f"/deals/{deals[0].pk}/edit", {"name": "Other", "version": version})
        assert answer.status_code == 422
    assert Deal.objects.get(pk=deals[0].pk).name == "open 0"


def test_an_export_speaks_the_readers_language_and_zone(deals: Any, dora: Any, client_of: Any) -> None:
    dora.language, dora.time_zone = "ru", "Asia/Vladivostok"
    dora.save()
    answer = client_of(dora).get("/deals?status=won&columns=status,closed_at&export=csv")
    text = b"".join(answer.streaming_content).decode()
    assert "Успешная" in text and "Won" not in text and "+10:00" in text
