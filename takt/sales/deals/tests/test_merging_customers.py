"""Two made one, and two again: nothing is lost, nothing is left behind."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.lists.timeline import timeline
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Note, Task
from takt.sales.contacts import commands
from takt.sales.contacts.models import Company, Contact, Merge
from takt.sales.deals import commands as selling
from takt.sales.deals.models import Deal, DealContact

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(anna: Any, at: dt.datetime) -> tuple[Company, Company]:
    one = commands.create_company(
        name="Acme", phones=["+4930111111"], tags=["a"], industry="Steel", by=Actor(anna), at=at
    )
    other = commands.create_company(
        name="ACME GmbH", phones=["+4930111111", "+4930222222"], emails=["x@acme.example"], tags=["a", "b"],
        tax_id="DE1", region="Berlin", by=Actor(anna), at=at,
    )  # fmt: skip
    return one, other


@pytest.fixture
def transactional_world(admin: Any, pipeline: Any, at: dt.datetime) -> Callable[..., Any]:
    """Each example begins with what the fixtures made and leaves nothing behind."""

    @contextmanager
    def world() -> Iterator[tuple[Actor, dt.datetime]]:
        with transaction.atomic():
            yield Actor(admin), at
            transaction.set_rollback(True)

    return world


def sound() -> bool:
    assert not [(c.name, found) for c in checks if (found := c.find())]
    return True


def test_everything_moves(two: Any, admin: Any, anna: Any, pipeline: Any, at: dt.datetime) -> None:
    one, other = two
    by = Actor(anna)
    deal = selling.create_deal(name="D", company=other, is_quick=True, by=by, at=at)
    jane = commands.create_contact(name="Jane", company=other, by=by, at=at)
    below = commands.create_company(name="Below", parent=other, by=by, at=at)
    task = selling.create_task(selling.NewTask(title="T", due_at=at), company=other, by=by, at=at)
    selling.add_note(body="N", company=other, by=by, at=at)
    survivor, _merge = commands.merge_companies(one, other, take=["name"], by=Actor(admin), at=at)
    assert (survivor.name, survivor.tax_id, survivor.industry) == ("ACME GmbH", "DE1", "Steel")
    assert survivor.tags == ["a", "b"]
    assert list(survivor.phones.order_by("position").values_list("number", flat=True)) == [
        "+4930111111",
        "+4930222222",
    ]
    assert Deal.objects.get(pk=deal.pk).company == one
    assert "acme gmbh" in Deal.objects.get(pk=deal.pk).search
    assert Contact.objects.get(pk=jane.pk).company == one
    assert Company.objects.get(pk=below.pk).parent == one
    assert Task.objects.get(pk=task.pk).company == one
    assert Note.objects.get().company == one
    told = [entry.kind for entry in timeline("company", one.pk, admin)]
    assert told.count("company.merged") == 1
    assert told.count("company.created") == 2
    assert "note.added" in told
    assert sound()


def test_merge_needs_the_right_to_change_both_and_to_delete_one(
    two: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    one, other = two
    with pytest.raises(Forbidden):
        commands.merge_companies(one, other, by=Actor(anna), at=at)
    with pytest.raises(Forbidden):
        commands.merge_companies(one, other, by=Actor(dora), at=at)
    with pytest.raises(NotFound):
        commands.merge_companies(one, other, by=Actor(carla), at=at)


def test_what_makes_no_sense_is_refused(two: Any, admin: Any, at: dt.datetime) -> None:
    one, other = two
    with pytest.raises(Invalid):
        commands.merge_companies(one, one, by=Actor(admin), at=at)
    with pytest.raises(Invalid):
        commands.merge_companies(one, other, take=["version"], by=Actor(admin), at=at)
    with pytest.raises(Stale):
        commands.merge_companies(one, other, versions=(None, 7), by=Actor(admin), at=at)
    commands.merge_companies(one, other, by=Actor(admin), at=at)
    with pytest.raises(NotFound):
        commands.merge_companies(one, other, by=Actor(admin), at=at)
    with pytest.raises(NotFound):
        commands.restore_company(other, by=Actor(admin), at=at)


def test_no_circle_among_companies(admin: Any, at: dt.datetime) -> None:
    """The survivor stood two steps below the loser: it takes the loser's place."""
    by = Actor(admin)
    top = commands.create_company(name="Top", by=by, at=at)
    loser = commands.create_company(name="L", parent=top, by=by, at=at)
    middle = commands.create_company(name="M", parent=loser, by=by, at=at)
    one = commands.create_company(name="S", parent=middle, by=by, at=at)
    before = list(canonical_lines())
    _one, merge = commands.merge_companies(one, loser, by=by, at=at)
    assert Company.objects.get(pk=one.pk).parent == top
    assert Company.objects.get(pk=middle.pk).parent == one
    commands.unmerge_companies(merge, by=by, at=at)
    assert list(canonical_lines()) == before


def test_one_person_in_one_deal_once(admin: Any, pipeline: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    jane = commands.create_contact(name="Jane Roe", phones=["+4930333333"], by=by, at=at)
    janet = commands.create_contact(name="Janet Roe", emails=["j@roe.example"], by=by, at=at)
    deal = selling.create_deal(name="D", contacts=[jane.pk, janet.pk], is_quick=True, by=by, at=at)
    selling.attach_contact(deal, janet, part="champion", by=by, at=at)
    before = list(canonical_lines())
    _jane, merge = commands.merge_contacts(jane, janet, by=by, at=at)
    part = DealContact.objects.get(deal=deal)
    assert (part.contact, part.part) == (jane, "champion")
    commands.unmerge_contacts(merge, by=by, at=at)
    assert list(canonical_lines()) == before
    assert sound()


def test_unmerge_says_what_stays(two: Any, admin: Any, anna: Any, pipeline: Any, at: dt.datetime) -> None:
    one, other = two
    by = Actor(admin)
    deal = selling.create_deal(name="D", company=other, is_quick=True, by=Actor(anna), at=at)
    third = commands.create_company(name="Third", by=by, at=at)
    _one, merge = commands.merge_companies(one, other, by=by, at=at)
    selling.edit_deal(deal, {"company": third.pk}, by=by, at=at)
    commands.edit_company(one, {"region": "Hamburg"}, by=by, at=at)
    loser, stayed = commands.unmerge_companies(merge, by=by, at=at)
    assert (loser.pk, stayed) == (other.pk, 2)
    one.refresh_from_db()
    assert (one.region, one.tax_id) == ("Hamburg", "")
    assert Deal.objects.get(pk=deal.pk).company == third
    with pytest.raises(NotFound):
        commands.unmerge_companies(merge, by=by, at=at)


def test_the_old_number_leads_to_the_survivor(
    two: Any,
    admin: Any,
    carla: Any,
    at: dt.datetime,
    client_of: Callable[..., Any],
    api_of: Callable[..., Any],
) -> None:
    one, other = two
    third = commands.create_company(name="Third", by=Actor(admin), at=at)
    commands.merge_companies(one, other, by=Actor(admin), at=at)
    _third, merge = commands.merge_companies(third, one, by=Actor(admin), at=at)
    answer = client_of(admin).get(f"/companies/{other.pk}")
    assert (answer.status_code, answer["Location"]) == (302, f"/companies/{third.pk}")
    answer = api_of(admin).get(f"/companies/{other.pk}")
    assert (answer.status_code, answer["Location"]) == (307, f"/api/v1/companies/{third.pk}")
    assert client_of(carla).get(f"/companies/{other.pk}").status_code == 404
    assert api_of(carla).get(f"/companies/{other.pk}").status_code == 404
    commands.unmerge_companies(merge, by=Actor(admin), at=at)
    assert client_of(admin).get(f"/companies/{other.pk}")["Location"] == f"/companies/{one.pk}"


def test_pages_and_api(
    two: Any, admin: Any, anna: Any, carla: Any, at: dt.datetime, client_of: Callable[..., Any],
    api_of: Callable[..., Any],
) -> None:  # fmt: skip
    one, other = two
    page = f"/companies/{one.pk}/merge?with={other.pk}"
    text = client_of(admin).get(page).content.decode()
    assert "+49 30 222222" in text
    assert "Berlin" in text
    hidden, missing = client_of(carla).get(page), client_of(carla).get("/companies/999999/merge")
    assert hidden.status_code == missing.status_code == 404
    client = client_of(admin)
    answer = client.post(f"/companies/{one.pk}/merge", {"with": other.pk, "name": "other", "_key": "k"})
    assert answer.status_code == 303
    assert Company.objects.get(pk=one.pk).name == "ACME GmbH"
    merge = Merge.objects.get()
    assert f"/companies/merges/{merge.pk}/undo" in client.get(f"/companies/{one.pk}").content.decode()
    assert "merges" not in client_of(anna).get(f"/companies/{one.pk}").content.decode()
    assert client_of(anna).post(f"/companies/merges/{merge.pk}/undo").status_code == 403
    assert client.post(f"/companies/merges/{merge.pk}/undo").status_code == 303
    answer = api_of(admin).post(f"/companies/{one.pk}/merge", {"other": other.pk, "take": ["name"]})
    assert (answer.status_code, answer.json()["name"]) == (200, "ACME GmbH")
    answer = api_of(admin).post(f"/companies/merges/{answer.json()['merge']}/undo")
    assert (answer.status_code, answer.json()["stayed"]) == (200, 0)


TEXT = st.sampled_from(["", "x", "y", "Berlin"])
SIDE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Acme", "ООО «Акме»", "阿克梅有限公司"]),
        "industry": TEXT,
        "region": TEXT,
        "about": TEXT,
        "tags": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "phones": st.lists(st.sampled_from(["+4930111111", "+4930222222", "+4930333333"]), unique=True),
        "emails": st.lists(st.sampled_from(["a@x.example", "b@x.example"]), unique=True),
        "employees": st.sampled_from([None, 0, 12]),
        "annual_revenue": st.sampled_from([None, "10.50"]),
    }
)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_unmerge_after_merge_changes_nothing(data: Any, transactional_world: Any) -> None:
    with transactional_world() as (by, at):
        sides = [commands.create_company(**data.draw(SIDE), by=by, at=at) for _side in range(2)]
        people = [
            commands.create_contact(
                name=f"P{n}", company=data.draw(st.sampled_from([None, *sides])), by=by, at=at
            )
            for n in range(3)
        ]
        for n in range(data.draw(st.integers(0, 3))):
            selling.create_deal(
                name=f"D{n}", company=data.draw(st.sampled_from(sides)), is_quick=True, by=by, at=at,
                contacts=data.draw(st.lists(st.sampled_from([p.pk for p in people]), unique=True)),
            )  # fmt: skip
        for side in sides:
            if data.draw(st.booleans()):
                selling.create_task(selling.NewTask(title="T", due_at=at), company=side, by=by, at=at)
            if data.draw(st.booleans()):
                selling.add_note(body="N", company=side, by=by, at=at)
        if data.draw(st.booleans()):
            commands.edit_company(sides[0], {"parent": sides[1].pk}, by=by, at=at)
        before = list(canonical_lines())
        take = data.draw(
            st.lists(st.sampled_from(["name", "industry", "owner", "parent", "about"]), unique=True)
        )
        _one, merge = commands.merge_companies(*sides, take=take, by=by, at=at)
        assert sound()
        _one, second = commands.merge_contacts(people[0], people[1], take=["company"], by=by, at=at)
        assert sound()
        commands.unmerge_contacts(second, by=by, at=at)
        _other, stayed = commands.unmerge_companies(merge, by=by, at=at)
        assert stayed == 0
        assert list(canonical_lines()) == before
        assert sound()
