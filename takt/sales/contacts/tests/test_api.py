import datetime as dt
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.contacts import commands
from takt.sales.contacts.models import Company

FULL = {
    "name": "Acme GmbH",
    "phones": ["+49 30 123456", {"number": "+49 171 5550142", "kind": "mobile"}],
    "emails": ["Info@Acme.example"],
    "annual_revenue": "1250000.50",
    "employees": 12,
    "tags": ["key"],
    "owner": "anna@takt.example",
}


def test_a_company_is_created_read_and_changed(anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    made = api.post("/companies", FULL, Idempotency_Key="1")
    body = made.json()
    assert made.status_code == 201, body
    assert made["Location"] == f"/api/v1/companies/{body['id']}"
    assert body["phones"] == ["+4930123456", "+491715550142"]
    assert body["emails"] == ["info@acme.example"]
    assert (body["annual_revenue"], body["owner"], body["warnings"]) == ("1250000.50", anna.pk, [])
    again = api.post("/companies", FULL, Idempotency_Key="1")
    assert again.json()["id"] == body["id"]
    url = f"/companies/{body['id']}"
    read = api.get(url)
    assert read["ETag"] == '"1"'
    changed = api.patch(url, {"phones": ["+4930123456"], "name": "Acme AG"}, If_Match='"1"')
    assert changed.status_code == 200
    assert (changed.json()["phones"], changed.json()["version"]) == (["+4930123456"], 2)
    stale = api.patch(url, {"name": "B"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert api.patch(url, {"name": "B", "version": 1}).status_code == 409


def test_a_duplicate_is_a_warning(anna: Any, carla: Any, api_of: Any) -> None:
    first = api_of(anna).post("/companies", FULL).json()
    second = api_of(anna).post("/companies", {"name": "acme"}).json()
    assert [(w["level"], w["id"]) for w in second["warnings"]] == [("similar", first["id"])]
    assert api_of(carla).post("/companies", {"name": "acme"}).json()["warnings"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "A", "deleted_at": None}, "deleted_at"),
        ({"name": "A", "id": 1}, "id"),
        ({"name": "A", "phones": "x"}, "phones"),
        ({"name": "A", "phones": ["x"]}, "phones.0"),
        ({"name": "A", "emails": [None]}, "emails.0"),
        ({"name": "A", "employees": 1.5}, "employees"),
        ({"name": "A", "annual_revenue": "1e400"}, "annual_revenue"),
        ({"name": "A", "founded_year": 10**30}, "founded_year"),
        ({"name": "A", "parent": 10**30}, "parent"),
        ({"name": "A", "owner": [1]}, "owner.int"),
        ({"name": "n" * 10_001}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
    ],
)
def test_bad_bodies_are_told_by_field(body: dict[str, Any], field: str, anna: Any, api_of: Any) -> None:
    answer = api_of(anna).post("/companies", body)
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert field in [e["field"] for e in answer.json()["errors"]]
    assert not Company.objects.exists()


def test_hidden_is_missing(anna: Any, carla: Any, api_of: Any, at: dt.datetime) -> None:
    hidden = commands.create_company(name="Hidden", by=Actor(carla), at=at).pk
    api = api_of(anna)
    for method, rest in (("get", ""), ("patch", ""), ("delete", "")):
        answers = [
            getattr(api, method)(f"/companies/{pk}{rest}", {} if method == "patch" else None)
            for pk in (hidden, 999_999)
        ]
        assert {a.status_code for a in answers} == {404}
        assert answers[0].content == answers[1].content
    answers = [api.post("/contacts", {"name": "A", "company": pk}) for pk in (hidden, 999_999)]
    assert {a.status_code for a in answers} == {422}
    assert answers[0].content == answers[1].content
    assert api.get("/companies").json() == {"items": [], "next_cursor": None}
    assert api.get("/companies/9999999999999999999999").status_code == 404


def test_contacts_lists_filters_and_pages(anna: Any, api_of: Any, at: dt.datetime) -> None:
    api = api_of(anna)
    acme = commands.create_company(name="Acme", by=Actor(anna), at=at)
    for i in range(5):
        commands.create_contact(
            name=f"P {i}", company=acme if i % 2 else None, emails=[f"p{i}@x.example"], by=Actor(anna), at=at
        )
    first = api.get("/contacts", {"limit": 3, "count": "true"}).json()
    assert ([c["name"] for c in first["items"]], first["total"]) == (["P 0", "P 1", "P 2"], 5)
    rest = api.get("/contacts", {"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [c["name"] for c in rest["items"]] == ["P 3", "P 4"]
    assert [c["name"] for c in api.get("/contacts", {"company": acme.pk}).json()["items"]] == ["P 1", "P 3"]
    assert [c["name"] for c in api.get("/contacts", {"emails": "p4@x.example"}).json()["items"]] == ["P 4"]
    assert [c["name"] for c in api.get("/contacts", {"q": "p3@x"}).json()["items"]] == ["P 3"]
    assert api.get("/contacts", {"password": "x"}).status_code == 422


def test_a_hidden_company_of_a_person_is_null(
    anna: Any, carla: Any, dora: Any, api_of: Any, at: dt.datetime
) -> None:
    acme = commands.create_company(name="Acme", by=Actor(anna), at=at)
    jane = commands.create_contact(name="Jane", company=acme, by=Actor(anna), at=at)
    commands.assign_contacts([jane], carla, by=Actor(dora), at=at)
    assert api_of(carla).get(f"/contacts/{jane.pk}").json()["company"] is None
    assert api_of(dora).get(f"/contacts/{jane.pk}").json()["company"] == acme.pk
    assert api_of(carla).patch(f"/contacts/{jane.pk}", {"position": "CEO"}).status_code == 200
    jane.refresh_from_db()
    assert jane.company == acme


def test_the_bin(anna: Any, admin: Any, api_of: Any, at: dt.datetime) -> None:
    jane = commands.create_contact(name="Jane", by=Actor(anna), at=at)
    assert api_of(anna).delete(f"/contacts/{jane.pk}").status_code == 403
    api = api_of(admin)
    assert api.delete(f"/contacts/{jane.pk}").status_code == 204
    assert api.get(f"/contacts/{jane.pk}").status_code == 404
    assert api_of(anna).post(f"/contacts/{jane.pk}/restore").status_code == 403
    assert api.post(f"/contacts/{jane.pk}/restore").json()["name"] == "Jane"


def test_strangers_and_readers(anna: Any, api_of: Any, client: Any, db: Any) -> None:
    assert client.get("/api/v1/companies").status_code == 401
    reading = api_of(anna, is_read_only=True)
    assert reading.get("/companies").status_code == 200
    assert reading.post("/companies", {"name": "A"}).status_code == 403
