"""What a person may not see is nowhere: not found, counted, exported, suggested or told as a duplicate."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.search import search
from takt.sales.contacts import commands
from takt.sales.contacts.models import Company, Contact

SECRET = "ZQSECRET"
PHONE = "+4930777777"
ASKED = "name=zqsecret&phone=%2B4930777777&email=zq%40secret.example&tax_id=ZQ777"

# Every road in this room that answers with companies or people, asked for what only Carla may see.
ROADS = (
    "/companies?q=zqsecret",
    "/companies?phones=%2B4930777777",
    "/companies?emails__contains=secret",
    "/companies?tax_id=ZQ777",
    "/companies?name__contains=secret&sort=-name&count=true",
    "/companies?tags=zq",
    "/companies?sort=-annual_revenue",
    "/companies?export=csv",
    "/contacts?q=zqsecret",
    "/contacts?phones=%2B4930777777",
    "/contacts?position__contains=secret",
    "/contacts?export=csv",
    "/companies/pick?q=zqsecret",
    "/companies/pick?q=",
    "/contacts/pick?q=zqsecret",
    "/contacts/pick?q=",
    f"/companies/duplicates?{ASKED}",
    f"/contacts/duplicates?{ASKED}",
    "/api/v1/companies?count=true",
    "/api/v1/companies?q=zqsecret&count=true",
    "/api/v1/companies?phones=%2B4930777777&count=true",
    "/api/v1/contacts?q=zqsecret&count=true",
    "/api/v1/contacts?count=true&sort=-position",
)


@pytest.fixture
def hide(carla: Any, at: dt.datetime) -> Callable[[], tuple[Company, Contact]]:
    def hidden() -> tuple[Company, Contact]:
        company = commands.create_company(
            name=f"{SECRET} GmbH",
            phones=[PHONE],
            emails=["zq@secret.example"],
            tax_id="ZQ777",
            tags=["zq"],
            annual_revenue="777",
            by=Actor(carla),
            at=at,
        )
        contact = commands.create_contact(
            name=f"{SECRET} Jane",
            company=company,
            position="secret",
            phones=[PHONE],
            emails=["zq@secret.example"],
            by=Actor(carla),
            at=at,
        )
        return company, contact

    return hidden


def _body(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    return "\n".join(line for line in text.splitlines() if "csrf" not in line and "nonce" not in line)


@pytest.mark.parametrize("path", ROADS)
def test_the_answer_is_the_same_whether_it_exists_or_not(
    path: str, hide: Any, anna: Any, boris: Any, dora: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    commands.create_company(name="Own", tags=["a"], by=Actor(anna), at=at)
    commands.create_contact(name="Own person", by=Actor(anna), at=at)
    client, other = (api_of(boris), api_of(dora)) if "/api/" in path else (client_of(boris), client_of(dora))
    path = path.removeprefix("/api/v1")
    before = _body(client, path)
    hide()
    assert _body(client, path) == before
    assert _body(other, path) != before  # who may see it does: the road is not simply closed


def test_a_hidden_company_is_no_filter_for_its_people(
    anna: Any, carla: Any, dora: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    acme = commands.create_company(name="Acme", by=Actor(anna), at=at)
    jane = commands.create_contact(name="Jane", company=acme, by=Actor(anna), at=at)
    commands.assign_contacts([jane], carla, by=Actor(dora), at=at)
    for pk in (acme.pk, 999_999):
        asked = {"company": str(pk), "count": "true"}
        assert api_of(carla).get("/contacts", asked).json()["items"] == []
        assert api_of(carla).get("/contacts", asked).json()["total"] == 0
        assert "Jane" not in client_of(carla).get(f"/contacts?company={pk}").content.decode()
        assert client_of(carla).get(f"/contacts/pick?company={pk}").json() == []
        kept = api_of(carla).get("/contacts", {"company__ne": str(pk)}).json()["items"]
        assert [c["id"] for c in kept] == [jane.pk]
    found = api_of(dora).get("/contacts", {"company": str(acme.pk)}).json()["items"]
    assert [(c["id"], c["company"]) for c in found] == [(jane.pk, acme.pk)]
    assert client_of(dora).get(f"/contacts/pick?company={acme.pk}").json()[0]["value"] == jane.pk


def test_a_company_in_the_bin_is_hidden_from_everybody(
    anna: Any, admin: Any, api_of: Any, at: dt.datetime
) -> None:
    acme = commands.create_company(name="Acme", by=Actor(anna), at=at)
    child = commands.create_company(name="Child", parent=acme, by=Actor(anna), at=at)
    jane = commands.create_contact(name="Jane", company=acme, by=Actor(anna), at=at)
    commands.delete_company(acme, by=Actor(admin), at=at)
    assert api_of(anna).get(f"/contacts/{jane.pk}").json()["company"] is None
    assert api_of(admin).get(f"/companies/{child.pk}").json()["parent"] is None
    assert api_of(admin).get("/contacts", {"company": str(acme.pk)}).json()["items"] == []


@pytest.mark.parametrize("path", ["/companies", "/contacts"])
def test_entering_it_again_tells_nothing(path: str, hide: Any, anna: Any, client_of: Any) -> None:
    hide()
    form = {"name": f"{SECRET} GmbH", "phone": [PHONE], "phone_kind": ["work"], "tax_id": "ZQ777"}
    answer = client_of(anna).post(f"{path}/new", form | {"email": ["zq@secret.example"]})
    assert answer.status_code == 302


@pytest.mark.parametrize("path", ["/companies", "/contacts"])
def test_the_api_warns_of_nothing_hidden(path: str, hide: Any, anna: Any, api_of: Any) -> None:
    hide()
    assert api_of(anna).post(path, {"name": SECRET, "phones": [PHONE]}).json()["warnings"] == []


def test_the_palette_says_nothing(hide: Any, anna: Any, carla: Any) -> None:
    hide()
    assert search(anna, "zqsecret", 5).found == []
    assert {f.kind for f in search(carla, "zqsecret", 5).found} == {"company", "contact"}


def test_pages_of_hidden_records_are_missing(hide: Any, anna: Any, client_of: Any) -> None:
    company, contact = hide()
    client = client_of(anna)
    for path, pk in (("/companies", company.pk), ("/contacts", contact.pk)):
        for rest in ("", "/card", "/edit"):
            answers = [client.get(f"{path}/{number}{rest}") for number in (pk, 999_999)]
            assert {a.status_code for a in answers} == {404}
            assert SECRET not in answers[0].content.decode()
        for rest in ("/edit", "/delete", "/restore"):
            statuses = {client.post(f"{path}/{n}{rest}", {"name": "X"}).status_code for n in (pk, 999_999)}
            assert len(statuses) == 1, rest
        for rest in ("/tag", "/hand-over"):
            fields = {"ids": [pk], "add": "x", "owner": str(anna.pk)}
            assert client.post(f"{path}{rest}", fields).status_code == 404


def test_a_hidden_subsidiary_is_not_shown(anna: Any, carla: Any, client_of: Any, at: dt.datetime) -> None:
    shared = commands.create_company(name="Shared", owner=None, by=Actor(anna), at=at)
    commands.create_company(name=SECRET, parent=shared, by=Actor(carla), at=at)
    commands.create_contact(name=f"{SECRET} P", company=shared, by=Actor(carla), at=at)
    assert SECRET not in client_of(anna).get(f"/companies/{shared.pk}").content.decode()
    assert SECRET in client_of(carla).get(f"/companies/{shared.pk}").content.decode()
