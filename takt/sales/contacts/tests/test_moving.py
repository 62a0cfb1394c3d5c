"""A person moves between companies: where he was stays known, deals keep him, the step can be taken back."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.undo.commands import offer, take_back
from takt.ops.doctor.dump import canonical_lines
from takt.sales.contacts import commands, queries
from takt.sales.contacts.models import Employment

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def two(anna: Any, at: dt.datetime) -> Any:
    by = Actor(anna)
    acme = commands.create_company(name="Acme", by=by, at=at)
    beta = commands.create_company(name="Beta", by=by, at=at)
    ilse = commands.create_contact(name="Ilse", company=acme, position="Buyer", by=by, at=at)
    return acme, beta, ilse


def test_moving_keeps_where_he_was(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    on = dt.date(2026, 2, 20)
    moved, _kept = commands.move_contact(
        ilse, beta, on=on, reason="A better offer", position="Head of buying", by=Actor(anna), at=at
    )
    assert (moved.company, moved.position, moved.company_since) == (beta, "Head of buying", on)
    row = Employment.objects.get()
    assert (row.company, row.position, row.until, row.reason) == (acme, "Buyer", on, "A better offer")
    event = Event.objects.filter(kind="contact.moved").get()
    told = {(s.kind, s.object_id) for s in event.subjects.all()}
    assert told == {("contact", ilse.pk), ("company", acme.pk), ("company", beta.pk)}
    assert event.payload["message"] == "A better offer"


def test_a_second_move_knows_since_when(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    commands.move_contact(ilse, beta, on=dt.date(2026, 1, 5), by=Actor(anna), at=at)
    commands.move_contact(ilse, None, on=dt.date(2026, 2, 5), by=Actor(anna), at=at)
    last = Employment.objects.order_by("-id")[0]
    assert (last.company, last.since, last.until) == (beta, dt.date(2026, 1, 5), dt.date(2026, 2, 5))


def test_editing_the_company_is_a_move_too(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    commands.edit_contact(ilse, {"company": beta.pk, "position": "Director"}, by=Actor(anna), at=at)
    row = Employment.objects.get()
    assert (row.company, row.position) == (acme, "Buyer")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"on": dt.date(2026, 3, 3)}, "future"),
        ({"on": "not a day"}, "invalid"),
        ({"company": "acme"}, "same"),
        ({"company": 10**6}, "unknown"),
        ({"reason": "x" * 201}, "too_long"),
    ],
)
def test_what_cannot_be(two: Any, anna: Any, at: dt.datetime, given: Any, code: str) -> None:
    acme, beta, ilse = two
    company = {"acme": acme}.get(given.get("company"), given.get("company", beta))
    rest = {k: v for k, v in given.items() if k != "company"}
    with pytest.raises(Invalid) as refused:
        commands.move_contact(ilse, company, **rest, by=Actor(anna), at=at)
    assert refused.value.errors[0].code == code
    assert not Employment.objects.exists()


def test_taken_back_nothing_is_left(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    before = list(canonical_lines())
    _row, kept = commands.move_contact(ilse, beta, position="Else", by=Actor(anna), at=at)
    token = offer(inverse="contacts.unmove_contact", arguments=kept, by=Actor(anna), at=at)
    assert token
    take_back(token, by=Actor(anna), at=at)
    assert list(canonical_lines()) == before


def test_taken_back_too_late(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    _row, kept = commands.move_contact(ilse, beta, by=Actor(anna), at=at)
    commands.edit_contact(ilse, {"position": "Else"}, by=Actor(anna), at=at)
    with pytest.raises(Stale):
        commands.unmove_contact(**kept, by=Actor(anna), at=at)


def test_rights(two: Any, carla: Any, anna: Any, person: Any, at: dt.datetime) -> None:
    acme, beta, ilse = two
    with pytest.raises(NotFound):
        commands.move_contact(ilse, None, by=Actor(carla), at=at)
    theirs = commands.create_company(name="Theirs", by=Actor(carla), at=at)
    with pytest.raises(Invalid):
        commands.move_contact(ilse, theirs.pk, by=Actor(anna), at=at)


def test_levels_by_hand_and_released(two: Any, anna: Any, carla: Any, at: dt.datetime) -> None:
    acme, _beta, _ilse = two
    row = commands.set_level(acme, "A", reason="Strategic", by=Actor(anna), at=at)
    assert (row.level, row.level_is_manual, row.level_reason) == ("A", True, "Strategic")
    event = Event.objects.filter(kind="company.level_changed").get()
    assert event.payload == {"old": "", "new": "A", "is_manual": True, "message": "Strategic"}
    with pytest.raises(Invalid):
        commands.set_level(acme, "A", reason=" ", by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        commands.set_level(acme, "D", reason="x", by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        commands.set_level(acme, "B", reason="x", by=Actor(carla), at=at)
    assert not commands.release_level(acme, by=Actor(anna), at=at).level_is_manual
    with pytest.raises(Forbidden):
        commands.confirm_levels([acme.pk], by=Actor(anna), at=at)


def test_classifiers_by_hand(two: Any, anna: Any, at: dt.datetime) -> None:
    acme, beta, _ilse = two
    wanted = {"loyalty": "loyal", "interests": ["racks"], "next_contact_on": "2026-04-01"}
    row = commands.edit_company(acme, wanted | {"region": "Utrecht"}, by=Actor(anna), at=at)
    assert (row.loyalty, row.interests, row.next_contact_on) == ("loyal", ["racks"], dt.date(2026, 4, 1))
    kinds = list(
        Event.objects.filter(kind__in=["company.classified", "company.edited"]).values_list("kind", flat=True)
    )
    assert sorted(kinds) == ["company.classified", "company.edited"]
    with pytest.raises(Invalid):
        commands.edit_company(acme, {"loyalty": "warmish"}, by=Actor(anna), at=at)
    assert commands.classify_companies([acme, beta], {"loyalty": "loyal"}, by=Actor(anna), at=at) == 1
    made = commands.create_company(name="New", competition="many", by=Actor(anna), at=at)
    assert made.competition == "many"


def test_completeness_is_kept_and_weighed(two: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    acme, _beta, ilse = two
    assert (acme.completeness, ilse.completeness) == (0, 35)
    row = commands.edit_company(
        acme, {"region": "Utrecht", "phones": ["+31105550100"]}, by=Actor(anna), at=at
    )
    assert row.completeness == 30
    weights = dict.fromkeys(("emails", "industry", "website", "tax_id", "address", "source"), 0)
    commands.weigh_cards("company", weights | {"phones": 30, "region": 10}, by=Actor(admin), at=at)
    row.refresh_from_db()
    assert row.completeness == 100
    with pytest.raises(Forbidden):
        commands.weigh_cards("company", {"phones": 1}, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        commands.weigh_cards(
            "contact",
            dict.fromkeys(("phones", "emails", "company", "position", "source"), 0),
            by=Actor(admin),
            at=at,
        )


def test_places_and_former_people_by_rights(
    two: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    acme, beta, ilse = two
    commands.move_contact(ilse, beta, reason="Promoted", by=Actor(anna), at=at)
    ilse.refresh_from_db()
    places = queries.places_of(ilse, anna)
    assert [(p.company_name, p.position, p.until is None) for p in places] == [
        ("Beta", "Buyer", True),
        ("Acme", "Buyer", False),
    ]
    assert [p.contact_name for p in queries.former_people(acme, anna)] == ["Ilse"]
    assert queries.former_people(acme, carla) == []
    commands.assign_companies([acme], carla, by=Actor(dora), at=at)
    assert [p.company_name for p in queries.places_of(ilse, anna)] == ["Beta", ""]


def test_the_group_is_a_tree_of_what_is_seen(
    two: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    acme, beta, _ilse = two
    below = commands.create_company(name="Below", parent=beta, by=Actor(anna), at=at)
    commands.edit_company(beta, {"parent": acme.pk}, by=Actor(anna), at=at)
    tree = [(b.name, b.depth) for b in queries.group_of(below, anna)]
    assert tree == [("Acme", 0), ("Beta", 1), ("Below", 2)]
    assert queries.group_of(acme, anna) == queries.group_of(below, anna)
    with pytest.raises(Invalid):
        commands.edit_company(acme, {"parent": below.pk}, by=Actor(anna), at=at)
    commands.assign_companies([beta], carla, by=Actor(dora), at=at)
    assert queries.group_of(below, anna) == []


def test_the_api_moves_and_levels(two: Any, anna: Any, carla: Any, api_of: Any) -> None:
    acme, beta, ilse = two
    api = api_of(anna)
    answer = api.post(f"/contacts/{ilse.pk}/move", {"company": beta.pk, "on": "2026-02-01", "reason": "Why"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["company"], answer.json()["company_since"]) == (beta.pk, "2026-02-01")
    places = api.get(f"/contacts/{ilse.pk}/places").json()["items"]
    assert [p["company_name"] for p in places] == ["Beta", "Acme"]
    assert len(api.get(f"/companies/{acme.pk}/former-people").json()["items"]) == 1
    answer = api.post(f"/companies/{acme.pk}/level", {"level": "A", "reason": "Strategic"})
    assert (answer.json()["level"], answer.json()["level_is_manual"]) == ("A", True)
    assert api.delete(f"/companies/{acme.pk}/level").json()["level_is_manual"] is False
    patched = api.patch(
        f"/companies/{acme.pk}", {"loyalty": "loyal", "competition": "many", "last_result": "bad"}
    )
    assert patched.json()["loyalty"] == "loyal"
    found = api.get(
        "/companies", {"loyalty": "loyal", "competition": "many", "last_result": "bad", "level": "A"}
    )
    assert [c["id"] for c in found.json()["items"]] == [acme.pk]
    for sort in ("segment", "-ladder", "completeness", "-last_contact_on", "loyalty", "next_contact_on"):
        assert len(api.get("/companies", {"sort": sort}).json()["items"]) == 2, sort
    assert api.get("/companies", {"segment": "111"}).json()["items"] == []
    assert api_of(carla).post(f"/contacts/{ilse.pk}/move", {"company": None}).status_code == 404
