import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.sales.catalog import commands
from takt.sales.catalog.models import Product


@pytest.fixture
def rack(dora: Any, at: dt.datetime) -> Product:
    return commands.create_product(
        name="Rack",
        code="R-1",
        series="Steel",
        unit="piece",
        price="100.50",
        currency="eur",
        by=Actor(dora),
        at=at,
    )


class TestCommands:
    def test_create(self, rack: Product, dora: Any) -> None:
        assert (rack.price, rack.currency, rack.is_active) == (Decimal("100.50"), "EUR", True)
        event = Event.objects.get(kind="product.created")
        assert (event.actor, event.payload["price"]) == (dora.pk, "100.50")

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "n" * 10_000}, "name"),
            ({"name": "A", "price": "5"}, "currency"),
            ({"name": "A", "price": "5", "currency": "XYZ"}, "currency"),
            ({"name": "A", "price": "-5", "currency": "EUR"}, "price"),
            ({"name": "A", "price": "Infinity", "currency": "EUR"}, "price"),
            ({"name": "A", "price": "1.005", "currency": "EUR"}, "price"),
            ({"name": "A", "code": "R-1"}, "code"),
            ({"name": "A\x00"}, "name"),
        ],
    )
    def test_refuses(
        self, given: dict[str, Any], field: str, rack: Product, dora: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            commands.create_product(**given, by=Actor(dora), at=at)
        assert [e.field for e in refusal.value.errors] == [field]
        assert Product.objects.count() == 1

    def test_edit(self, rack: Product, dora: Any, at: dt.datetime) -> None:
        commands.edit_product(rack.pk, {"price": "90", "code": "R-1"}, version=1, by=Actor(dora), at=at)
        assert Event.objects.get(kind="product.edited").payload["changes"] == [
            {"field": "price", "old": "100.50", "new": "90.00"}
        ]
        with pytest.raises(Stale):
            commands.edit_product(rack.pk, {"price": "80"}, version=1, by=Actor(dora), at=at)
        with pytest.raises(Invalid):
            commands.edit_product(rack.pk, {"currency": ""}, by=Actor(dora), at=at)
        with pytest.raises(Invalid):
            commands.edit_product(rack.pk, {"import_key": "x"}, by=Actor(dora), at=at)
        with pytest.raises(NotFound):
            commands.edit_product(10**30, {}, by=Actor(dora), at=at)

    def test_only_who_may(self, rack: Product, anna: Any, at: dt.datetime) -> None:
        for act in (
            lambda: commands.create_product(name="A", by=Actor(anna), at=at),
            lambda: commands.edit_product(rack, {"name": "B"}, by=Actor(anna), at=at),
            lambda: commands.retire_product(rack, by=Actor(anna), at=at),
        ):
            with pytest.raises(Forbidden):
                act()

    def test_retire_and_revive(self, rack: Product, dora: Any, at: dt.datetime) -> None:
        for _ in range(2):
            commands.retire_product(rack, by=Actor(dora), at=at)
        assert Event.objects.filter(kind="product.retired").count() == 1
        assert not Product.objects.active().exists()
        commands.revive_product(rack, by=Actor(dora), at=at)
        assert Product.objects.active().get() == rack


class TestPages:
    @pytest.mark.parametrize("role", ["rep", "lead", "head", "auditor", "admin"])
    def test_every_role(self, role: str, rack: Product, person: Any, client_of: Any) -> None:
        client = client_of(person(f"u{role}", role=role))
        may = role in {"head", "admin"}
        assert "Rack" in client.get("/products").content.decode()
        page = client.get(f"/products/{rack.pk}")
        assert page.status_code == 200
        assert ("<textarea" in page.content.decode() or 'name="price"' in page.content.decode()) is may
        assert client.get("/products/new").status_code == (200 if may else 403)
        assert client.post(f"/products/{rack.pk}/retire").status_code == (302 if may else 403)

    def test_create_edit_retire_undo(self, dora: Any, client_of: Any) -> None:
        client = client_of(dora)
        wrong = client.post("/products/new", {"name": "<b>X</b>", "price": "5", "currency": ""})
        assert wrong.status_code == 422
        assert "&lt;b&gt;X" in wrong.content.decode()
        client.post("/products/new", {"name": "<b>X</b>", "price": "5", "currency": "EUR"})
        product = Product.objects.get()
        stale = client.post(f"/products/{product.pk}", {"name": "Y", "version": "9"})
        assert stale.status_code == 409
        client.post(f"/products/{product.pk}", {"name": "Y", "version": "1"})
        client.post(f"/products/{product.pk}/retire")
        page = client.get("/products").content.decode()
        client.post(page.split('data-undo-url="')[1].split('"')[0])
        product.refresh_from_db()
        assert (product.name, product.is_active) == ("Y", True)
        assert client.get("/products/999999").status_code == 404

    def test_pick(self, rack: Product, dora: Any, anna: Any, client_of: Any, at: dt.datetime) -> None:
        client = client_of(anna)
        assert client.get("/products/pick?q=r-1").json()[0]["price"] == "100.50"
        commands.retire_product(rack, by=Actor(dora), at=at)
        assert client.get("/products/pick?q=rack").json() == []
        assert client.get("/products/pick?q=%00").json() == []


class TestApi:
    def test_round(self, anna: Any, dora: Any, api_of: Any) -> None:
        api = api_of(dora)
        made = api.post("/products", {"name": "Rack", "price": "10.5", "currency": "EUR"})
        assert made.status_code == 201
        assert made.json()["price"] == "10.50"
        url = f"/products/{made.json()['id']}"
        assert api.patch(url, {"price": 11}, If_Match='"1"').json()["price"] == "11.00"
        assert api.patch(url, {"price": 12}, If_Match='"1"').status_code == 412
        assert api.patch(url, {"is_active": False}).json()["is_active"] is False
        assert api.get("/products", {"is_active": "true"}).json()["items"] == []
        assert api.post(f"{url}/restore").json()["is_active"] is True
        assert api.delete(url).status_code == 204
        assert api_of(anna).get(url).json()["is_active"] is False
        assert api_of(anna).post("/products", {"name": "A"}).status_code == 403
        assert api.post("/products", {"name": "A", "price": "1"}).status_code == 422
        assert api.post("/products", {"name": "A", "sort_key": "x"}).status_code == 422
        assert api.get("/products", {"count": "true"}).json()["total"] == 1
