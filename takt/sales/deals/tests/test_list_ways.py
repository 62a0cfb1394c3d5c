"""The list of deals: groups of filters, cells in their place, widths, the view it opens with, its neighbours; the board's set-up."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.fields.commands import create_field
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.models import ColumnChoice, SavedView
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str, **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


@pytest.fixture
def deals(stages: Any, anna: Any, at: dt.datetime) -> list[Deal]:
    """Deal 0 … 3: amounts 100 … 400, the even ones in the first stage."""
    return [made(anna, at, f"Deal {i}", amount=str(100 * (i + 1)), stage=stages[i % 2].pk) for i in range(4)]


def names(browser: Any, path: str, **given: Any) -> set[str]:
    answer = browser.get(f"/api/v1{path}", given)
    assert answer.status_code == 200, answer.content
    return {d["name"] for d in answer.json()["items"]}


def test_groups_are_alternatives(deals: Any, stages: Any, anna: Any, admin: Any, client_of: Any) -> None:
    browser = client_of(anna)
    one = urlencode({"stage": stages[0].pk, "amount__gte": 300})
    two = urlencode({"stage": stages[1].pk, "amount__lte": 250})
    assert names(browser, "/deals", **{"or": [one, two]}) == {"Deal 2", "Deal 1"}
    assert names(browser, "/deals", **{"or": [one, two], "amount__gt": 250}) == {"Deal 2"}
    page = browser.get("/deals", {"or": [one, two]}).content.decode()
    assert "Deal 2" in page
    assert "Deal 3" not in page
    assert page.count('class="ls-group"') == 2
    board = browser.get("/deals/board", {"or": [one, two]}).content.decode()
    assert "Deal 1" in board
    assert "Deal 3" not in board
    answer = client_of(admin).get("/deals", {"or": [one, two], "export": "csv"})
    sheet = b"".join(answer.streaming_content).decode()
    assert ("Deal 2" in sheet, "Deal 3" in sheet) == (True, False)


@pytest.mark.parametrize(
    "group", ["no_such=1", "amount=much", "or=or%3Dstage%253D1", "q=x", "&&", "\x00", "sort=name"]
)
def test_a_group_that_is_no_filter_is_refused(group: str, stages: Any, anna: Any, client_of: Any) -> None:
    assert client_of(anna).get("/api/v1/deals", {"or": group}).status_code == 422


def test_groups_of_own_fields(stages: Any, anna: Any, admin: Any, at: dt.datetime, client_of: Any) -> None:
    field = create_field(entity="deal", name="Halls", kind="number", by=Actor(admin), at=at)
    for i in range(3):
        made(anna, at, f"Deal {i}", custom={field.slug: i})
    found = names(client_of(anna), "/deals", **{"or": [f"{field.column}=0", f"{field.column}__gte=2"]})
    assert found == {"Deal 0", "Deal 2"}


def test_the_form_makes_the_first_filters_the_first_group(deals: Any, anna: Any, client_of: Any) -> None:
    browser = client_of(anna)
    form = browser.get(
        "/deals", {"amount__gte": 300}, headers=HX | {"HX-Target": "or-0-ls-form-body"}
    ).content.decode()
    assert 'name="_place" value="1"' in form
    assert 'name="_query" value="or=amount__gte%3D300"' in form
    sent = {"_to": "/deals", "_place": "1", "_query": "or=amount__gte%3D300&sort=name"}
    goal = browser.get("/lists/filtered", sent | {"amount__lte": "150"}).headers["Location"]
    assert goal == "/deals?or=amount__gte%3D300&or=amount__lte%3D150&sort=name"
    assert browser.get(goal).status_code == 200
    # An emptied group goes, and the one that remains is no alternative any more.
    rest = sent | {"_place": "0", "_query": "or=amount__gte%3D300&or=amount__lte%3D150&sort=name"}
    assert browser.get("/lists/filtered", rest).headers["Location"] == "/deals?amount__lte=150&sort=name"


def test_a_cell_is_changed_in_its_place(
    deals: Any, stages: Any, anna: Any, boris: Any, client_of: Any
) -> None:
    browser, deal = client_of(anna), deals[0]
    path = f"/lists/deals/{deal.pk}"
    form = browser.get(f"{path}/amount", headers=HX).content.decode()
    assert 'name="amount" value="100.00"' in form
    assert 'data-e="amount"' in browser.get("/deals").content.decode()
    saved = browser.post(f"{path}/amount", {"amount": "1 250,50", "version": deal.version}, headers=HX)
    assert saved.json() == {"version": deal.version + 1}
    wrong = browser.post(f"{path}/amount", {"amount": "much"}, headers=HX)
    assert (wrong.status_code, "cp-err" in wrong.content.decode()) == (422, True)
    stale = browser.post(f"{path}/amount", {"amount": "7", "version": deal.version}, headers=HX)
    assert stale.status_code == 409
    assert "It says now: 1250.50" in stale.content.decode()
    assert 'name="amount" value="7"' in stale.content.decode()
    browser.post(f"{path}/stage", {"stage": stages[2].pk}, headers=HX)
    browser.post(f"{path}/tags", {"tags": "hot, east"}, headers=HX)
    deal.refresh_from_db()
    assert (str(deal.amount), deal.stage, deal.tags) == ("1250.50", stages[2], ["hot", "east"])
    row = browser.get("/deals?amount__gt=9000", headers=HX | {"X-Takt-Row": str(deal.pk)}).content.decode()
    assert "Deal 0" in row
    assert "Deal 1" not in row
    for column in ("created_at", "status", "no_such"):
        assert browser.get(f"{path}/{column}", headers=HX).status_code == 422


def test_hidden_and_foreign_cells(deals: Any, carla: Any, person: Any, client_of: Any) -> None:
    path = f"/lists/deals/{deals[0].pk}/amount"
    assert client_of(carla).get(path).status_code == 404
    assert client_of(carla).post(path, {"amount": "1"}).status_code == 404
    auditor = person("olga", role="auditor", team=None)
    assert client_of(auditor).post(path, {"amount": "1"}).status_code == 403
    assert "data-e=" not in client_of(auditor).get("/deals").content.decode()


def test_own_fields_are_changed_in_their_place(
    deals: Any, admin: Any, anna: Any, at: dt.datetime, client_of: Any
) -> None:
    field = create_field(entity="deal", name="Halls", kind="number", by=Actor(admin), at=at)
    browser = client_of(anna)
    browser.post(f"/lists/deals/{deals[0].pk}/{field.column}", {field.column: "3"}, headers=HX)
    deals[0].refresh_from_db()
    assert deals[0].custom == {field.slug: "3"}


def test_widths_order_and_start_are_the_persons_own(
    deals: Any, anna: Any, boris: Any, client_of: Any
) -> None:
    browser = client_of(anna)
    assert browser.post("/lists/deals/widths", {"name": "300", "amount": "10"}).status_code == 204
    browser.post("/lists/deals/columns", {"columns": ["amount", "name"], "_to": "/deals"})
    page = browser.get("/deals").content.decode()
    assert '<col width="48"><col width="300">' in page
    assert page.index('data-column="amount"') < page.index('data-column="name"')
    assert '<col width="300">' not in client_of(boris).get("/deals").content.decode()
    browser = client_of(anna)
    assert browser.post("/lists/deals/widths", {"name": "wide"}).status_code == 422
    assert browser.post("/lists/deals/widths", {"no_such": "100"}).status_code == 422
    browser.post("/lists/deals/columns", {"reset": "1", "_to": "/deals"})
    assert ColumnChoice.objects.get(user=anna).widths == {}
    browser.post("/lists/deals/start", {"start": "status=open&owner=me", "_to": "/deals"})
    assert browser.get("/deals").headers["Location"] == "/deals?status=open&owner=me"
    whole = browser.get("/deals?view=all").content.decode()
    assert 'href="/deals?view=all" class="active"' in whole
    assert client_of(boris).get("/deals").status_code == 200
    browser = client_of(anna)
    assert browser.post("/lists/deals/start", {"start": "owner=1"}).status_code == 422
    view = SavedView.objects.create(
        resource="deals", name="V", query="status=won", owner=boris, created_at=deals[0].created_at
    )
    assert browser.post("/lists/deals/start", {"start": str(view.pk)}).status_code == 404
    browser.post("/lists/deals/start", {"start": "", "_to": "/deals"})
    assert browser.get("/deals").status_code == 200


def test_neighbours(deals: Any, anna: Any, carla: Any, client_of: Any) -> None:
    browser = client_of(anna)
    link = f"/deals/{deals[1].pk}?in=amount__gte%3D150%26sort%3D-amount"
    assert (
        f'href="{link}'.replace("&", "&amp;")
        in browser.get("/deals?amount__gte=150&sort=-amount").content.decode()
    )
    assert "/place?in=amount__gte%3D150%26sort%3D-amount" in browser.get(link).content.decode()
    place = browser.get(
        f"/deals/{deals[2].pk}/place", {"in": "amount__gte=150&sort=-amount"}
    ).content.decode()
    assert "2 of 3" in place
    assert f'href="/deals/{deals[3].pk}?in=' in place.split("data-key-previous")[0]
    assert f'href="/deals/{deals[1].pk}?in=' in place.split("data-key-previous")[1]
    assert f'href="/deals?amount__gte=150&amp;sort=-amount#row-{deals[2].pk}"' in place
    for query in ("no_such=1", "view=all", "sort=expected_close_date"):
        assert browser.get(f"/deals/{deals[2].pk}/place", {"in": query}).status_code == 200
    assert client_of(carla).get(f"/deals/{deals[2].pk}/place", {"in": "view=all"}).status_code == 404


def test_the_boards_set_up_is_the_persons_own(
    deals: Any, stages: Any, admin: Any, anna: Any, boris: Any, at: dt.datetime, client_of: Any
) -> None:
    field = create_field(entity="deal", name="Halls", kind="number", by=Actor(admin), at=at)
    commands.edit_deal(deals[0], {"custom": {field.slug: 12}, "tags": ["hot"]}, by=Actor(anna), at=at)
    browser = client_of(anna)
    with CaptureQueriesContext(connection) as plain:
        browser.get("/deals/board")
    form = {
        "has_fields": "1",
        "fields": [field.column, "tags"],
        "_to": "/deals/board?sort=name&amount__gte=1",
    }
    assert browser.post("/deals/board/set-up", form).headers["Location"] == "/deals/board?amount__gte=1"
    browser.post("/deals/board/set-up", {"sort": "-amount", "_to": "/deals/board"})
    with CaptureQueriesContext(connection) as kept:
        page = browser.get("/deals/board").content.decode()
    assert len(kept) <= len(plain) + 1
    assert '<span class="t-3">Halls</span> 12' in page
    assert '<span class="t-3">Tags</span> hot' in page
    assert page.index("Deal 2") < page.index("Deal 0")
    assert "Halls</span> 12" not in client_of(boris).get("/deals/board").content.decode()
    browser = client_of(anna)
    for wrong in ({"sort": "secret"}, {"fields": ["no_such"]}, {"fields": ["tags", "type", "source"]}):
        assert browser.post("/deals/board/set-up", wrong).status_code == 422
