"""Product lines: discount, tax, rounding, and the amount that follows them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid
from takt.kernel.settings.commands import change_setting
from takt.sales.catalog.commands import create_product, edit_product
from takt.sales.deals import commands
from takt.sales.deals.commands import NewLine, NewTask
from takt.sales.deals.models import Deal, DealLine
from takt.sales.deals.rules import line_net, line_tax, line_total

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Racking", amount="10", currency="EUR", first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at
    )  # fmt: skip


@pytest.fixture
def rack(dora: Any, at: dt.datetime) -> Any:
    return create_product(name="Rack", price="1200", currency="EUR", tax_rate="20", by=Actor(dora), at=at)


def test_the_sums_of_the_domain_spec() -> None:
    lines = [(D(3), D("1200.00"), D(10)), (D(1), D("499.99"), D(0))]  # T-INV
    assert sum(line_net(*line) for line in lines) == D("3739.99")
    assert sum(line_tax(line_net(*line), D(20), is_included=False) for line in lines) == D("748.00")
    assert sum(line_total(*line, D(20), is_tax_included=False) for line in lines) == D("4487.99")
    assert line_tax(D(120), D(20), is_included=True) == D("20.00")
    assert line_total(D(1), D("0.125"), D(0)) == D("0.13")


def test_the_amount_follows_discount_and_tax(deal: Deal, rack: Any, anna: Any, admin: Any, at: Any) -> None:
    change_setting("deal.prices_include_tax", 0, by=Actor(admin), at=at)
    lines = [NewLine(rack.pk, 3, discount="10"), NewLine(rack.pk, 1, "499.99", tax_rate="0")]
    changed = commands.set_lines(deal.pk, lines, by=Actor(anna), at=at)
    first, second = DealLine.objects.filter(deal=deal).order_by("position")
    assert (first.total, first.tax_rate, second.total, second.tax_rate) == (
        D("3888.00"), D(20), D("499.99"), D(0),
    )  # fmt: skip
    assert changed.amount == D("4387.99")
    told = Event.objects.get(kind="deal.lines_set").payload
    assert (told["old_amount"], told["new_amount"], told["total"]) == ("10.00", "4387.99", "4387.99")
    assert told["lines"][0] == {
        "product": rack.pk, "quantity": "3", "price": "1200.00", "discount": "10.00", "tax_rate": "20.00",
    }  # fmt: skip
    change_setting("deal.prices_include_tax", 1, by=Actor(admin), at=at)
    again = commands.set_lines(deal.pk, lines, by=Actor(anna), at=at)
    assert again.amount == D("3739.99")
    edit_product(rack.pk, {"tax_rate": "10"}, by=Actor(admin), at=at)
    assert DealLine.objects.filter(deal=deal).order_by("position")[0].tax_rate == D(20)


def test_the_database_and_the_rule_round_alike(deal: Deal, rack: Any, anna: Any, admin: Any, at: Any) -> None:
    change_setting("deal.prices_include_tax", 0, by=Actor(admin), at=at)
    lines = [
        NewLine(rack.pk, quantity, price, discount, tax)
        for quantity in ("1", "0.333", "7.125", "999999999")
        for price in ("0.01", "0.05", "12.35", "99999.99")
        for discount in ("0", "33.33", "99.99", "12.5")
        for tax in ("0", "19.6")
    ]
    commands.set_lines(deal.pk, lines, sets_amount=False, by=Actor(anna), at=at)
    for row in DealLine.objects.filter(deal=deal):
        told = line_total(row.quantity, row.price, row.discount, row.tax_rate, is_tax_included=False)
        assert row.total == told
    assert Deal.objects.get(pk=deal.pk).amount == D(10)


@pytest.mark.parametrize(
    "wrong", [{"discount": "101"}, {"discount": "-1"}, {"tax_rate": "x"}, {"tax_rate": "1.234"}]
)
def test_what_is_no_percentage_is_refused(deal: Deal, rack: Any, anna: Any, at: Any, wrong: Any) -> None:
    with pytest.raises(Invalid) as refused:
        commands.set_lines(deal.pk, [NewLine(rack.pk, 1, **wrong)], by=Actor(anna), at=at)
    assert [e.field for e in refused.value.errors] == list(wrong)


def test_programs(deal: Deal, rack: Any, anna: Any, admin: Any, at: Any, api_of: Any) -> None:
    change_setting("deal.prices_include_tax", 0, by=Actor(admin), at=at)
    api = api_of(anna)
    put = api.put(f"/deals/{deal.pk}/lines", {"lines": [{"product": rack.pk, "quantity": 2, "discount": 50}]})
    assert put.json()["amount"] == "1440.00"
    assert api.get(f"/deals/{deal.pk}").json()["lines"] == [
        {"product": rack.pk, "quantity": "2.000", "price": "1200.00", "discount": "50.00", "tax_rate": "20.00",
         "price_includes_tax": False, "total": "1440.00"}
    ]  # fmt: skip
    assert api.get(f"/products/{rack.pk}").json()["tax_rate"] == "20.00"
