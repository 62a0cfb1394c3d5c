"""What sources cost: set, taken back, refused; by page and by program."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.sales.contacts.commands import set_source_costs
from takt.sales.contacts.models import Source, SourceCost

pytestmark = pytest.mark.django_db
HOME = "/settings/source-costs"


@pytest.fixture
def fair(db: Any) -> Source:
    return Source.objects.create(name="Great fair", position=1)


def cost(source: Source, amount: Any, month: str = "2026-03", currency: str = "EUR") -> dict[str, Any]:
    return {"source": source.pk, "month": month, "currency": currency, "amount": amount}


def test_set_change_and_take_back(fair: Source, dora: Any, at: dt.datetime) -> None:
    by = Actor(dora)
    assert set_source_costs([cost(fair, "100.50"), cost(fair, 7, "2026-04-15")], by=by, at=at) == [
        cost(fair, None), cost(fair, None, "2026-04"),
    ]  # fmt: skip
    before = set_source_costs(
        [cost(fair, 90), cost(fair, 7, "2026-04"), cost(fair, 0, "2026-05")], by=by, at=at
    )
    assert before == [cost(fair, "100.50")]  # only what really changed
    assert Event.objects.filter(kind="source.cost_set").latest("id").payload == {
        "source": fair.pk, "name": "Great fair", "month": "2026-03", "currency": "EUR", "old": "100.50", "new": "90.00",
    }  # fmt: skip
    set_source_costs(before, by=by, at=at)
    known = SourceCost.objects.order_by("month").values_list("month", "amount", "version")
    assert list(known) == [
        (dt.date(2026, 3, 1), Decimal("100.50"), 3),
        (dt.date(2026, 4, 1), Decimal("7.00"), 1),
    ]
    set_source_costs([cost(fair, "")], by=by, at=at)
    assert SourceCost.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"month": "2026-13"}, "month"),
        ({"month": None}, "month"),
        ({"currency": "XYX"}, "currency"),
        ({"source": 0}, "source"),
        ({"source": "x"}, "source"),
    ],
)
def test_refused(fair: Source, dora: Any, at: dt.datetime, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_source_costs([cost(fair, 1) | change], by=Actor(dora), at=at)
    assert [e.field for e in refused.value.errors] == [field]
    assert not SourceCost.objects.exists()


def test_only_who_may(fair: Source, anna: Any, at: dt.datetime, client_of: Any, api_of: Any) -> None:
    with pytest.raises(Forbidden):
        set_source_costs([cost(fair, 1)], by=Actor(anna), at=at)
    assert client_of(anna).get(HOME).status_code == 403
    assert api_of(anna).get("/source_costs").status_code == 403
    assert api_of(anna).post("/source_costs", {"costs": [cost(fair, 1, "2026-03-01")]}).status_code == 403


def test_the_sheet(fair: Source, dora: Any, client_of: Any, django_assert_max_num_queries: Any) -> None:
    browser = client_of(dora)
    browser.get(HOME)
    with django_assert_max_num_queries(12):
        page = browser.get(f"{HOME}?year=2026&currency=EUR").content.decode()
    name = f"cost-{fair.pk}-2026-03"
    assert f'name="{name}"' in page and 'aria-label="Great fair in 2026-03"' in page
    sent = {"year": "2026", "currency": "EUR", name: "1 250,50", f"cost-{fair.pk}-2026-04": ""}
    assert browser.post(HOME, sent)["Location"] == f"{HOME}?year=2026&currency=EUR"
    assert SourceCost.objects.get().amount == Decimal("1250.50")
    page = browser.get(f"{HOME}?year=2026&currency=EUR").content.decode()
    assert "1 cost was changed." in page and 'value="1250.50"' in page
    refused = browser.post(HOME, sent | {name: "much"})
    assert refused.status_code == 422 and 'value="much"' in refused.content.decode()
    undo = (
        page.split('action="/undo/')[1].split('"')[0]
        if 'action="/undo/' in page
        else page.split("/undo/")[1][:36]
    )
    assert browser.post(f"/undo/{undo}").status_code in {200, 204, 302, 303}
    assert not SourceCost.objects.exists()


def test_by_program(fair: Source, dora: Any, api_of: Any) -> None:
    api = api_of(dora)
    answer = api.post("/source_costs", {"costs": [cost(fair, "5", "2026-03-09")]})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"changed": [cost(fair, None, "2026-03-01")]}
    assert api.get("/source_costs?month__gte=2026-01-01&count=true").json() == {
        "items": [cost(fair, "5.00", "2026-03-01")], "next_cursor": None, "total": 1,
    }  # fmt: skip
    assert api.get(f"/source_costs?source={fair.pk}&currency=USD").json()["items"] == []
    wrong = api.post(
        "/source_costs", {"costs": [cost(fair, "5", "2026-03-09"), cost(fair, "-5", "2026-03-09")]}
    )
    assert wrong.status_code == 422
