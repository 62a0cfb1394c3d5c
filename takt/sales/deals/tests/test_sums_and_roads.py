"""What lines come to, whom a deal was lost to, and the roads by which deals end and come back."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.kernel.settings.commands import change_setting
from takt.kernel.undo.commands import take_back
from takt.kernel.undo.models import UndoEntry
from takt.sales.activities.models import Task
from takt.sales.catalog.commands import create_product
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewLine, NewTask
from takt.sales.deals.commands.importing import DealRow, import_deals
from takt.sales.deals.models import (
    Competitor,
    Deal,
    DealCompetitor,
    DealLine,
    LossReason,
    Qualification,
    Stage,
)
from takt.sales.deals.rules import billed

pytestmark = pytest.mark.django_db
D = Decimal
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


def made(user: Any, at: dt.datetime, name: str = "Racking", **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return made(anna, at)


@pytest.fixture
def rack(dora: Any, at: dt.datetime) -> Any:
    return create_product(name="Rack", price="100", currency="EUR", tax_rate="20", by=Actor(dora), at=at)


def test_tax_is_rounded_once_for_each_rate() -> None:
    small = [(D("0.02"), D(20), False)] * 3  # 0.004 each, 0.012 together
    assert (billed(small).total, billed(small).taxes) == (D("0.07"), ((D(20), D("0.01")),))
    t_inv = [(D("3240.00"), D(20), False), (D("499.99"), D(20), False)]
    assert (billed(t_inv).total, billed(t_inv).tax) == (D("4487.99"), D("748.00"))
    mixed = [(D(120), D(20), True), (D(110), D(10), True), (D(5), None, True)]
    assert (billed(mixed).total, billed(mixed).taxes) == (D(235), ((D(10), D(10)), (D(20), D(20))))
    assert billed([]).total == 0


def test_a_discount_in_money(deal: Deal, rack: Any, anna: Any, admin: Any, at: Any) -> None:
    change_setting("deal.prices_include_tax", 1, by=Actor(admin), at=at)
    by = Actor(anna)
    lines = [
        NewLine(rack.pk, 3, discount_amount="25.50"),
        NewLine(rack.pk, 1, discount="10", tax_rate="none"),
    ]
    changed = commands.set_lines(deal.pk, lines, by=by, at=at)
    rows = DealLine.objects.filter(deal=deal).order_by("position")
    assert [(r.total, r.tax_rate) for r in rows] == [(D("274.50"), D(20)), (D("90.00"), None)]
    assert changed.amount == D("364.50")
    for wrong in ({"discount_amount": "300.01"}, {"discount_amount": "1", "discount": "1"}):
        with pytest.raises(Invalid) as refused:
            commands.set_lines(deal.pk, [NewLine(rack.pk, 3, **wrong)], by=by, at=at)
        assert [e.field for e in refused.value.errors] == ["discount_amount"]
    assert DealLine.objects.filter(deal=deal).count() == 2


def test_sums_while_typing_are_those_that_are_saved(
    deal: Deal, rack: Any, anna: Any, carla: Any, admin: Any, at: Any, client_of: Any
) -> None:
    change_setting("deal.prices_include_tax", 0, by=Actor(admin), at=at)
    typed = {
        "product": [rack.pk, "", rack.pk], "quantity": ["2", "", "1"], "price": ["", "", "10,5"],
        "discount": ["10%", "", "0,50"], "tax_rate": ["", "", "10"],
    }  # fmt: skip
    path = f"/deals/{deal.pk}/lines"
    told = client_of(anna).post(f"{path}/sums", typed).json()
    assert told["lines"] == ["€180.00", "", "€10.00"]
    assert "€227.00" in told["html"]
    assert client_of(anna).post(f"{path}/sums", {**typed, "quantity": ["x", "", ""]}).json()["lines"] == []
    assert client_of(carla).post(f"{path}/sums", typed).status_code == 404
    saved = client_of(anna).post(path, {**typed, "sets_amount": "on", "version": deal.version}, headers=HX)
    assert saved.status_code == 204
    deal.refresh_from_db()
    assert deal.amount == D("227.00")
    page = client_of(anna).get(f"/deals/{deal.pk}").content.decode()
    assert "from the products" in page
    assert 'value="10%"' in client_of(anna).get(path, headers=HX).content.decode()
    commands.edit_deal(deal.pk, {"amount": "250"}, by=Actor(anna), at=at)
    assert "typed by hand" in client_of(anna).get(f"/deals/{deal.pk}").content.decode()


def test_a_new_deal_without_an_amount_takes_that_of_its_lines(
    pipeline: Any, rack: Any, anna: Any, admin: Any, at: Any
) -> None:
    change_setting("deal.prices_include_tax", 1, by=Actor(admin), at=at)
    fresh = made(anna, at, amount=None, lines=[NewLine(rack.pk, 4, discount_amount="1")])
    fresh.refresh_from_db()
    assert fresh.amount == D(399)


def test_the_same_sale_once_more_is_the_same(deal: Deal, rack: Any, anna: Any, at: Any) -> None:
    by = Actor(anna)
    lines = [NewLine(rack.pk, 3, discount_amount="25.50"), NewLine(rack.pk, 1, "7", "10", "none")]
    commands.set_lines(deal.pk, lines, by=by, at=at)
    commands.qualify_deal(deal.pk, {"need_text": "Two halls", "need": 2}, by=by, at=at)
    commands.set_competitors(deal.pk, ["Nordlift"], by=by, at=at)
    step = NewTask("call", "Call Ilse again", at)
    again = commands.follow_deal(
        deal.pk, name="Racking II", with_products=True, first_task=step, by=by, at=at
    )
    what = ("product_id", "quantity", "price", "discount", "discount_amount", "tax_rate", "total")
    one, other = (
        list(DealLine.objects.filter(deal=d).order_by("position").values_list(*what)) for d in (deal, again)
    )
    assert one == other
    deal.refresh_from_db()
    assert again.amount == deal.amount
    known = Qualification.objects.get(deal=again)
    assert (known.need_text, known.need) == ("Two halls", 0)
    assert [r.competitor.name for r in again.rivals.all()] == ["Nordlift"]


def rivals(deal: Deal) -> list[str]:
    return list(DealCompetitor.objects.filter(deal=deal).values_list("competitor__name", flat=True))


def test_whom_a_deal_was_lost_to_stands_on_the_list(deal: Deal, anna: Any, at: Any, client_of: Any) -> None:
    by = Actor(anna)
    commands.set_competitors(deal.pk, [], are_none=True, by=by, at=at)
    typed = {"reason": "price", "competitor": " Nordlift "}
    assert client_of(anna).post(f"/deals/{deal.pk}/lose", typed, headers=HX).status_code == 204
    assert rivals(deal) == ["Nordlift"]
    assert not Qualification.objects.get(deal=deal).has_no_competitors
    take_back(UndoEntry.objects.latest("at").token, by=by, at=timezone.now())
    deal.refresh_from_db()
    assert (deal.status, deal.competitor, rivals(deal)) == ("open", "", [])
    assert Qualification.objects.get(deal=deal).has_no_competitors
    # The end had put him on the list, so its undo takes him off again.
    assert not Competitor.objects.exists()
    commands.lose_deal(deal.pk, "price", competitor="Nordlift", by=by, at=at)
    other = made(anna, at, "Shuttle")
    commands.lose_deal(other.pk, "price", competitor="NORDLIFT", by=by, at=at)
    assert (rivals(other), Competitor.objects.count()) == (["Nordlift"], 1)


def test_an_imported_loss_names_its_competitor(pipeline: Any, anna: Any, admin: Any, at: Any) -> None:
    stage = Stage.objects.filter(pipeline=pipeline).order_by("position")[0]
    reason = LossReason.objects.get(slug="price")
    rows = [
        DealRow(
            name=f"Old {n}", pipeline=pipeline.pk, stage=stage.pk, owner=anna.pk, currency="EUR", created_at=at,
            status="lost", closed_at=at, loss_reason=reason.pk, competitor=name,
        )
        for n, name in enumerate(("Nordlift", "nordlift", ""))
    ]  # fmt: skip
    ids = import_deals(rows, by=Actor(admin, via="import:1"), at=at)
    assert [rivals(Deal.objects.get(pk=pk)) for pk in ids] == [["Nordlift"], ["Nordlift"], []]


ROADS = ("page", "api", "command", "completion page", "completion api", "completion")


@pytest.mark.parametrize("road", ROADS)
def test_no_road_loses_a_deal_without_a_reason(
    road: str, deal: Deal, anna: Any, at: Any, client_of: Any, api_of: Any
) -> None:
    task = deal.next_task_id
    lost = {"status": "lost", "comment": "They stay"}
    match road:
        case "page":
            assert client_of(anna).post(f"/deals/{deal.pk}/lose", lost, headers=HX).status_code == 422
        case "api":
            assert api_of(anna).post(f"/deals/{deal.pk}/lose", {"comment": "They stay"}).status_code == 422
        case "completion page":
            typed = {"result": "No", f"next-{task}": "lost", "comment": "They stay"}
            assert client_of(anna).post(f"/tasks/{task}/complete", typed, headers=HX).status_code == 422
        case "completion api":
            given = {"result": "No", "close_deal": lost}
            assert api_of(anna).post(f"/tasks/{task}/complete", given).status_code == 422
        case "completion":
            with pytest.raises(Invalid):
                commands.complete_task(task, result="No", close_deal=Closing("lost"), by=Actor(anna), at=at)
        case _:
            with pytest.raises(Invalid):
                commands.lose_deal(deal.pk, "", by=Actor(anna), at=at)
    deal.refresh_from_db()
    assert (deal.status, deal.next_task_id, Task.objects.get(pk=task).status) == ("open", task, "open")


def test_a_lost_deal_returns_by_one_step_with_what_was_planned(
    deal: Deal, anna: Any, carla: Any, at: Any, client_of: Any
) -> None:
    day = (timezone.localdate(at) + dt.timedelta(days=40)).isoformat()
    commands.lose_deal(deal.pk, "price", try_again_on=day, by=Actor(anna), at=at)
    task = Task.objects.get(pk=Deal.objects.get(pk=deal.pk).try_again_task_id)
    form = client_of(anna).get(f"/tasks/{task.pk}/complete", headers=HX).content.decode()
    assert f'action="/deals/{deal.pk}/reopen"' in form
    assert "Try it now" in client_of(anna).get(f"/deals/{deal.pk}").content.decode()
    assert client_of(carla).post(f"/deals/{deal.pk}/reopen", {}, headers=HX).status_code == 404
    assert client_of(anna).post(f"/deals/{deal.pk}/reopen", {}, headers=HX).status_code == 204
    deal.refresh_from_db()
    task.refresh_from_db()
    assert (deal.status, deal.next_task_id, task.deal_id, task.status) == ("open", task.pk, deal.pk, "open")
    assert (deal.try_again_on, deal.try_again_task_id) == (None, None)


def test_without_a_planned_try_a_step_is_asked_for(deal: Deal, anna: Any, at: Any, client_of: Any) -> None:
    commands.lose_deal(deal.pk, "price", by=Actor(anna), at=at)
    assert client_of(anna).post(f"/deals/{deal.pk}/reopen", {}, headers=HX).status_code == 409


def test_likely_this_month_goes_by_chance_then_by_day(
    pipeline: Any, anna: Any, carla: Any, at: Any, api_of: Any, client_of: Any
) -> None:
    first = timezone.localdate().replace(day=1)
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    for name, chance, day in (("B", 50, last), ("A", 90, last), ("C", 50, first), ("D", 10, first)):
        made(anna, at, name, probability=chance, expected_close_date=day.isoformat())
    made(carla, at, "Hidden", probability=99, expected_close_date=last.isoformat())
    words = {"status": "open", "expected_close_date": "this_month", "sort": "-likely", "limit": "2"}
    api = api_of(anna)
    one = api.get("/deals", words).json()
    two = api.get("/deals", words | {"cursor": one["next_cursor"]}).json()
    assert [d["name"] for d in one["items"] + two["items"]] == ["A", "C", "B", "D"]
    page = client_of(anna).get("/deals", words).content.decode()
    assert "Likely this month" in page
    assert client_of(anna).get("/deals/board", {"sort": "-likely"}).status_code == 200
