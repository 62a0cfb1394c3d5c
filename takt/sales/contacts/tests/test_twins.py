"""The queue of duplicates: who is found, who is shown to whom, and what was decided."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.sales.contacts import commands
from takt.sales.contacts.commands import twins
from takt.sales.contacts.commands.twins import compare, find_twins
from takt.sales.contacts.models import Company, Contact, Twins
from takt.sales.contacts.queries import twins_for
from takt.sales.contacts.rules import is_similar, twin_key

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ООО «Ромашка»", "Romashka LLC"),
        ("Хрущёв и Ко", "Khrushchev i Ko GmbH"),
        ("王小明", "Wang Xiaoming"),
        ("Müller & Söhne GmbH", "Muller Sohne"),
        ("Северсталь, ПАО", "Severstal"),
        ("深圳市华为技术有限公司", "深圳华为技术公司"),
    ],
)
def test_one_name_in_two_alphabets(one: str, other: str) -> None:
    assert is_similar(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ромашка", "Лютик"),
        ("School 5", "School 7"),
        ("Acme North", "Acme South"),
        ("王伟", "李伟"),
        ("Terra Retail Group", "Riva Retail Group"),
    ],
)
def test_names_that_differ(one: str, other: str) -> None:
    assert not is_similar(one, other)


def test_the_key_is_stable() -> None:
    assert twin_key("ООО «Ёлка»") == "elka"
    assert twin_key("有限公司") != ""
    assert len(twin_key("щ" * 200)) <= 200


def found(kind: str, user: Any) -> list[tuple[str, str, str]]:
    return [(p.one_name, p.other_name, p.why) for p in twins_for(kind, user)]


def look(by: Any, at: dt.datetime) -> None:
    for kind, model in (("company", Company), ("contact", Contact)):
        compare(kind, list(model.objects.values_list("pk", flat=True)), by=by, at=at)


@pytest.fixture
def world(anna: Any, takt: Any, at: dt.datetime) -> dict[str, Any]:
    by = Actor(anna)
    made = {
        "a": commands.create_company(name="Ромашка", phones=["+74951234567"], by=by, at=at),
        "b": commands.create_company(name="Romashka LLC", by=by, at=at),
        "c": commands.create_company(name="Other", phones=["+74951234567"], by=by, at=at),
        "d": commands.create_company(name="Third", tax_id="7", by=by, at=at),
        "e": commands.create_company(name="Fourth", tax_id="7", by=by, at=at),
        "p": commands.create_contact(name="Ivan Petrov", emails=["i@x.example"], by=by, at=at),
        "q": commands.create_contact(name="I. P.", emails=["i@x.example"], by=by, at=at),
    }
    look(takt, at)
    return made


def test_pairs_by_every_sign(world: Any, anna: Any, carla: Any) -> None:
    assert set(found("company", anna)) == {
        ("Ромашка", "Other", "phone"),
        ("Third", "Fourth", "tax_id"),
        ("Ромашка", "Romashka LLC", "name"),
    }
    assert found("company", anna)[-1][2] == "name"
    assert found("contact", anna) == [("Ivan Petrov", "I. P.", "email")]
    assert found("company", carla) == []


def test_what_changed_is_compared_again(world: Any, anna: Any, takt: Any, at: dt.datetime) -> None:
    commands.edit_company(world["e"], {"tax_id": "8"}, by=Actor(anna), at=at)
    compare("company", [world["e"].pk], by=takt, at=at)
    assert not [pair for pair in found("company", anna) if pair[2] == "tax_id"]


def test_what_is_gone_is_not_shown(world: Any, admin: Any, anna: Any, at: dt.datetime) -> None:
    commands.delete_company(world["c"], by=Actor(admin), at=at)
    assert not [pair for pair in found("company", anna) if pair[2] == "phone"]


def test_a_pair_is_hidden_where_one_of_them_is(
    world: Any, admin: Any, anna: Any, carla: Any, at: dt.datetime, client_of: Callable[..., Any]
) -> None:
    commands.assign_companies([world["d"]], carla, by=Actor(admin), at=at)
    for user in (anna, carla):
        assert not [pair for pair in found("company", user) if pair[2] == "tax_id"]
    assert "Fourth" not in client_of(carla).get("/duplicates").content.decode()


def test_a_decision_is_remembered(world: Any, anna: Any, carla: Any, takt: Any, at: dt.datetime) -> None:
    with pytest.raises(NotFound):
        commands.keep_apart("company", world["d"], world["e"], by=Actor(carla), at=at)
    commands.keep_apart("company", world["e"].pk, world["d"].pk, by=Actor(anna), at=at)
    commands.keep_apart("company", world["d"].pk, world["e"].pk, by=Actor(anna), at=at)
    look(takt, at)
    assert not [pair for pair in found("company", anna) if pair[2] == "tax_id"]


def test_who_only_reads_decides_nothing(world: Any, person: Any, at: dt.datetime) -> None:
    auditor = person("audrey", role="auditor")
    with pytest.raises(Forbidden):
        commands.keep_apart("company", world["d"], world["e"], by=Actor(auditor), at=at)


def test_many_at_one_switchboard(anna: Any, takt: Any, at: dt.datetime) -> None:
    for n in range(12):
        name = "".join(chr(97 + (n * k) % 26) for k in range(1, 9))
        commands.create_contact(name=name, phones=["+4930111111"], by=Actor(anna), at=at)
    look(takt, at)
    assert Twins.objects.filter(why="phone").count() == 11


def test_pages(
    world: Any, admin: Any, anna: Any, client_of: Callable[..., Any], api_of: Callable[..., Any]
) -> None:
    text = client_of(anna).get("/duplicates").content.decode()
    assert "Romashka LLC" in text
    assert "/merge?with=" not in text
    assert "/merge?with=" in client_of(admin).get("/duplicates").content.decode()
    assert client_of(anna).get("/duplicates?kind=ship").status_code == 404
    assert client_of(anna).get("/duplicates?after=zz").status_code == 200
    answer = client_of(anna).post(
        "/duplicates/apart", {"kind": "company", "one": world["d"].pk, "other": world["e"].pk}
    )
    assert answer.status_code == 303
    answer = api_of(anna).get("/duplicates", {"kind": "company", "limit": 1})
    assert answer.json()["items"][0]["why"] == "phone"
    following = api_of(anna).get("/duplicates", {"cursor": answer.json()["next_cursor"]}).json()
    assert [item["why"] for item in following["items"]] == ["name"]
    pair = {"kind": "contact", "one": world["p"].pk, "other": world["q"].pk}
    assert api_of(anna).post("/duplicates/apart", pair).status_code == 204
    assert api_of(anna).get("/duplicates?kind=contact").json()["items"] == []


def test_as_many_questions_for_many_pairs(
    anna: Any, takt: Any, at: dt.datetime, client_of: Callable[..., Any]
) -> None:
    client, counts = client_of(anna), []
    for n in (2, 20):
        for i in range(n):
            commands.create_company(name=f"C {n} {i}", tax_id=f"T{n}", by=Actor(anna), at=at)
        look(takt, at)
        client.get("/duplicates")
        with CaptureQueriesContext(connection) as asked:
            client.get("/duplicates")
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_the_timer_follows_the_stream_of_events(
    anna: Any, takt: Any, at: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests' transactions in the same server would make the search wait for them.
    assert twins.SETTLED in twins._CHANGED
    monkeypatch.setattr(twins, "_CHANGED", twins._CHANGED.replace(twins.SETTLED, ""))
    for name in ("Ромашка", "Romashka"):
        commands.create_company(name=name, by=Actor(anna), at=at)
    assert find_twins("company", by=takt, at=at) == 2
    assert find_twins("company", by=takt, at=at) == 0
    assert len(twins_for("company", anna)) == 1
    commands.create_company(name="Romaschka", by=Actor(anna), at=at)
    assert find_twins("company", by=takt, at=at) == 1
    assert len(twins_for("company", anna)) == 3


@pytest.mark.parametrize(
    ("asked", "field"),
    [("colour=red", "colour"), ("q=acme", "q"), ("cursor=x", "cursor"), ("kind=deal", "kind"), ("limit=0", "limit"),
     ("limit=201", "limit"), ("limit=many", "limit")],
)  # fmt: skip
def test_the_api_refuses_what_it_does_not_know(client_of: Any, anna: Any, asked: str, field: str) -> None:
    answer = client_of(anna).get(f"/api/v1/duplicates?{asked}")
    assert answer.status_code == 422
    assert [e["field"].rsplit(".", 1)[-1] for e in answer.json()["errors"]] == [field]
