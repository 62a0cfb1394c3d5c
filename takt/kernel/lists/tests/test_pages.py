"""List pages, search and history as a browser gets them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.kernel.lists import commands
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.lists.filter_forms import FORM
from takt.kernel.lists.search import Searched, searches
from takt.kernel.lists.table import Foot, list_page
from takt.kernel.lists.tests.test_asking import GOODS, goods
from takt.sales.catalog.models import Product

SHOWS = {
    "name": Show(("name",), lambda row: Cell(row.name, url=f"/products/{row.id}")),
    "code": Show(("code",), lambda row: "<b>" if row.code else ""),
    "hidden": Show((), lambda row: ""),
}


def page(user: Any, query: str = "", **headers: str) -> Any:
    request = RequestFactory().get(f"/goods?{query}", headers=headers)
    request.user = user
    return list_page(
        request,
        GOODS,
        Product.objects.visible_to(user),
        template="lists/_table.html",
        shows=SHOWS,
        actions=[("/goods/retire", "Retire")],
        totals=lambda ask, rows: Foot(ask.count(rows), {"price": "€60"}),
    )


def test_a_page(anna: Any, django_assert_max_num_queries: Any) -> None:
    goods(Decimal(10), Decimal(1250), None)
    page(anna)
    with django_assert_max_num_queries(6):
        text = page(anna).content.decode()
    for part in (
        "Thing 1",
        "1,250",
        'href="/products/',
        "€60",
        "3 records",
        'data-bulk="/goods/retire"',
        "sort=name",
    ):
        assert part in text
    assert "style=" not in text and "onclick" not in text


def test_filters_are_chips_that_can_be_taken_off(anna: Any) -> None:
    goods(Decimal(10), Decimal(20))
    text = page(
        anna, "price__gte=1000&q=thing&unit=&owner=me,999999&created__lte=2026-12-01"
    ).content.decode()
    assert "Nothing fits these filters." in text and "Clear filters" in text
    assert 'href="/goods?price__gte=1000&amp;owner=me,999999&amp;created__lte=2026-12-01"' in text
    assert '<span class="v">Me, 999999</span>' in text and "1 Dec 2026" in text


def test_the_filter_form_comes_when_it_is_opened(anna: Any) -> None:
    assert 'name="price__gte"' not in page(anna).content.decode()
    form = page(anna, "price__gte=1000&owner=me", HX_Request="true", HX_Target=f"div#{FORM}").content.decode()
    assert "<table" not in form and 'name="price__gte" value="1000"' in form
    assert f'id="{FORM}"' in page(anna).content.decode()


def test_only_what_the_shown_columns_need_is_read(anna: Any) -> None:
    goods(Decimal(10))
    request = RequestFactory().get("/goods?columns=name")
    request.user = anna
    shows = {
        "name": Show(("name",), lambda row: f"{row.name}, unit: {hasattr(row, 'unit')}"),
        "price": Show(("no_such_field",), lambda row: row.no_such_field),
    }
    rows = Product.objects.visible_to(anna)
    answer: Any = list_page(request, GOODS, rows, template="lists/_table.html", shows=shows)
    assert "Thing 0, unit: False" in answer.content.decode()


def test_an_unreadable_filter_is_refused(anna: Any) -> None:
    with pytest.raises(Invalid):
        page(anna, "price__gte=x")


def test_the_next_rows(anna: Any) -> None:
    goods(*[Decimal(n) for n in range(7)])
    first = page(anna, "limit=5&sort=price").content.decode()
    assert "cursor=" in first
    cursor = first.split("cursor=")[1].split('"')[0].replace("&amp;", "&")
    more = page(anna, f"sort=price&limit=5&cursor={cursor}", **{"HX-Request": "true"}).content.decode()
    assert "<table" not in more and "Thing 5" in more and "Thing 4" not in more
    whole = page(anna, f"sort=price&cursor={cursor}").content.decode()
    assert "<table" in whole and "Thing 5" in whole


def test_saved_views_are_tabs(anna: Any, at: dt.datetime) -> None:
    commands.save_view("test_goods", "Dear & rare", "price__gte=15", by=Actor(anna), at=at)
    text = page(anna, "price__gte=15").content.decode()
    assert 'class="active" aria-current="page">Dear &amp; rare' in text and "Remove this view" in text


def test_a_made_up_text_is_shown_as_text(anna: Any) -> None:
    goods(Decimal(1), code="<script>alert(1)</script>")
    assert "<script>alert" not in page(anna, "name__contains=<script>alert(1)</script>").content.decode()
    assert "&lt;b&gt;" in page(anna).content.decode()


def test_export(anna: Any, boris: Any) -> None:
    goods(Decimal("10.50"), None)
    Product.objects.filter(price=None).update(name="=1+1")
    with pytest.raises(Forbidden):
        page(anna, "export=csv")
    answer = page(boris, "export=csv&sort=price&columns=name,price,created")
    lines = b"".join(answer.streaming_content).decode().split("\r\n")
    assert lines[0] == "\ufeffName,Price,Created,takt_id"
    assert lines[1].startswith("Thing 0,10.50,2026-11-12T")
    assert lines[2].startswith('"\t=1+1","","2026')
    assert Event.objects.get(kind="list.exported").payload["format"] == "csv"
    book = b"".join(page(boris, "export=xlsx"))
    assert book.startswith(b"PK")


def test_filtered(client_of: Any, anna: Any) -> None:
    client = client_of(anna)
    answer = client.get("/lists/filtered?_to=/deals&stage=1&stage=2&amount__gte=&q=a+b")
    assert answer["Location"] == "/deals?stage=1,2&q=a+b"
    for url in ("//evil.example", "https://evil.example/x", "javascript:alert(1)"):
        assert client.get("/lists/filtered", {"_to": url})["Location"] == "/today"


def test_columns_and_views_by_form(client_of: Any, anna: Any) -> None:
    client = client_of(anna)
    answer = client.post("/lists/test_goods/columns", {"columns": ["price", "name"], "_to": "/goods?q=a"})
    assert answer["Location"] == "/goods?q=a"
    goods(Decimal(1))
    text = page(anna).content.decode().split("<thead>")[1]
    assert text.index(">Price") < text.index(">Name") and ">Code" not in text.split("</thead>")[0]
    answer = client.post("/lists/test_goods/views", {"name": "A", "query": "price__gte=1", "_to": "/goods"})
    assert answer.status_code == 302
    answer = client.post(
        "/lists/test_goods/views", {"name": "A", "query": "price__gte=1"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert client.post("/lists/nothing/columns", {"columns": ["x"]}).status_code == 422


def test_views_by_api(api_of: Any, anna: Any, boris: Any, carla: Any) -> None:
    api, other = api_of(boris), api_of(carla)
    made = api.post(
        "/views", {"resource": "test_goods", "name": "A", "query": "price__gte=1", "is_shared": True}
    )
    assert made.status_code == 201 and made["ETag"] == '"1"'
    url = made["Location"]
    assert other.get(url).json()["name"] == "A"
    assert other.patch(url, {"name": "B"}).status_code == 403
    assert api.patch(url, {"name": "B"}, If_Match='"7"').status_code == 412
    changed = api.patch(url, {"name": "B", "is_shared": False}, If_Match='"1"')
    assert changed.status_code == 200 and changed.json()["name"] == "B"
    assert other.get(url).status_code == other.get("/views/999999999999999999999").status_code == 404
    listed = api.get("/views?resource=test_goods&count=true").json()
    assert listed["total"] == 1 and listed["next_cursor"] is None
    assert api.get("/views?nothing=1").status_code == 422
    assert api.post("/views", {"resource": "x", "name": ""}).status_code == 422
    assert api.delete(url).status_code == 204
    assert api.get("/views").json()["items"] == []


def test_events_by_api(api_of: Any, anna: Any, dora: Any) -> None:
    assert api_of(anna).get("/events").status_code == 403
    assert api_of(anna).get("/events?subject=deal:1").status_code == 404
    assert api_of(dora).get("/events?kind=no.such").status_code == 422
    assert api_of(dora).get("/events").status_code == 200


def test_timeline_page(client_of: Any, admin: Any, anna: Any, at: dt.datetime) -> None:
    commands.choose_columns("test_goods", ["name"], by=Actor(anna), at=at)
    text = client_of(admin).get(f"/timeline/user/{anna.pk}").content.decode()
    assert "chose the columns of a list" in text
    assert client_of(anna).get(f"/timeline/user/{admin.pk}").status_code == 404
    assert client_of(anna).get("/timeline/deal/1").status_code == 404
    assert client_of(admin).get(f"/timeline/user/{anna.pk}?only=x").status_code == 422


@pytest.fixture
def _rivers(monkeypatch: pytest.MonkeyPatch) -> Any:
    def find(user: Any, q: Any, limit: int) -> list[tuple[str, str, str]]:
        return [("<Rhine>", "Germany", "/rivers/1")] if q.text in "rhine" else []

    monkeypatch.setattr("takt.kernel.lists.search.searches", [Searched("river", "Rivers", "world", find)])


@pytest.mark.usefixtures("_rivers")
def test_search(client_of: Any, anna: Any) -> None:
    client = client_of(anna)
    for url in ("/search", "/search/palette"):
        text = client.get(url, {"q": "rhi"}).content.decode()
        assert "&lt;<mark>Rhi</mark>ne&gt;" in text and 'href="/rivers/1"' in text
        assert "Nothing is found" in client.get(url, {"q": "volga"}).content.decode()
        for q in ("", "\x00", "x" * 10_000):
            assert client.get(url, {"q": q}).status_code == 200
    assert searches is not None
