"""The page and the API of exchange rates."""

from typing import Any

from takt.kernel.money.models import ExchangeRate


def test_the_settings_page(client_of: Any, admin: Any, dora: Any) -> None:
    assert client_of(dora).get("/settings/rates").status_code == 403
    client = client_of(admin)
    assert "There is no rate yet" in client.get("/settings/rates").content.decode()
    wrong = client.post("/settings/rates", {"currency": "XXY", "on": "2026-03-01", "rate": "x"})
    assert wrong.status_code == 422 and 'value="XXY"' in wrong.content.decode()
    code = "CNY"
    assert (
        client.post("/settings/rates", {"currency": code, "on": "2026-03-01", "rate": "0.1273"}).status_code
        == 302
    )
    assert "0.1273" in client.get("/settings/rates").content.decode()


def test_the_api(api_of: Any, anna: Any, admin: Any) -> None:
    rate = {"currency": "CNY", "on": "2026-03-01", "rate": "0.1273"}
    assert api_of(anna).post("/rates", rate).status_code == 403
    assert api_of(admin).post("/rates", rate).status_code == 201
    assert api_of(admin).post("/rates", rate | {"rate": "0"}).status_code == 422
    item = api_of(anna).get("/rates?currency=CNY").json()["items"][0]
    assert item == {
        "id": ExchangeRate.objects.get().pk,
        "currency": "CNY",
        "on": "2026-03-01",
        "rate": "0.1273",
    }
