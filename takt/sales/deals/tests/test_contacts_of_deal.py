"""The people of a deal: how many, in which order, one in the place of another."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.kernel.settings.commands import change_setting
from takt.sales.contacts.commands import create_contact
from takt.sales.contacts.models import Contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Racking", amount="10", currency="EUR", first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at
    )  # fmt: skip


@pytest.fixture
def people(anna: Any, at: dt.datetime) -> list[Contact]:
    names = ["Ilse", "Jan", "Kees", "Lena", "Maud", "Nora"]
    return [create_contact(name=n, owner=anna, by=Actor(anna), at=at) for n in names]


def on(deal: Deal) -> list[tuple[str, str]]:
    return list(deal.parts.order_by("position", "id").values_list("contact__name", "part"))


def test_the_sixth_is_refused_and_the_limit_is_a_setting(
    deal: Deal, people: Any, anna: Any, admin: Any, at: Any
) -> None:
    for one in people[:5]:
        commands.attach_contact(deal.pk, one.pk, by=Actor(anna), at=at)
    with pytest.raises(Refused) as refused:
        commands.attach_contact(deal.pk, people[5].pk, by=Actor(anna), at=at)
    assert (refused.value.status, refused.value.code) == (409, "limit_reached")
    commands.replace_contact(deal.pk, people[0].pk, people[5].pk, by=Actor(anna), at=at)
    change_setting("deal.max_contacts", 6, by=Actor(admin), at=at)
    commands.attach_contact(deal.pk, people[0].pk, by=Actor(anna), at=at)
    assert len(on(deal)) == 6


def test_one_in_the_place_of_another(deal: Deal, people: Any, anna: Any, at: Any) -> None:
    for one in people[:2]:
        commands.attach_contact(deal.pk, one.pk, part="champion", by=Actor(anna), at=at)
    commands.replace_contact(deal.pk, people[0].pk, people[2].pk, by=Actor(anna), at=at)
    assert on(deal) == [("Kees", "champion"), ("Jan", "champion")]
    assert Contact.objects.filter(pk=people[0].pk).exists()
    assert "kees" in Deal.objects.get(pk=deal.pk).search and "ilse" not in Deal.objects.get(pk=deal.pk).search
    event = Event.objects.get(kind="deal.contact_replaced")
    assert (event.payload["old"], event.payload["new"]) == (people[0].pk, people[2].pk)
    assert {(s.kind, s.object_id) for s in event.subjects.all()} >= {  # type: ignore[attr-defined]
        ("deal", deal.pk), ("contact", people[0].pk), ("contact", people[2].pk),
    }  # fmt: skip
    commands.replace_contact(deal.pk, people[1].pk, people[3].pk, part="legal", by=Actor(anna), at=at)
    assert on(deal) == [("Kees", "champion"), ("Lena", "legal")]
    for old, new, wrong in [
        (people[0], people[4], NotFound), (people[2], people[3], Invalid), (people[2], people[2], Invalid),
    ]:  # fmt: skip
        with pytest.raises(wrong):
            commands.replace_contact(deal.pk, old.pk, new.pk, by=Actor(anna), at=at)


def test_the_main_contact_is_the_first(deal: Deal, people: Any, anna: Any, at: Any) -> None:
    for one in people[:3]:
        commands.attach_contact(deal.pk, one.pk, by=Actor(anna), at=at)
    commands.lead_contact(deal.pk, people[2].pk, by=Actor(anna), at=at)
    assert [name for name, _part in on(deal)] == ["Kees", "Ilse", "Jan"]
    commands.lead_contact(deal.pk, people[2].pk, by=Actor(anna), at=at)
    assert Event.objects.filter(kind="deal.contacts_ordered").count() == 1
    with pytest.raises(NotFound):
        commands.lead_contact(deal.pk, people[4].pk, by=Actor(anna), at=at)


def test_who_may(deal: Deal, people: Any, anna: Any, carla: Any, person: Any, at: Any, api_of: Any) -> None:
    auditor = person("olga", role="auditor", team=None)
    commands.attach_contact(deal.pk, people[0].pk, by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        commands.replace_contact(deal.pk, people[0].pk, people[1].pk, by=Actor(carla), at=at)
    with pytest.raises(Forbidden):
        commands.lead_contact(deal.pk, people[0].pk, by=Actor(auditor), at=at)
    path = f"/deals/{deal.pk}/contacts/{people[0].pk}/replace"
    assert api_of(carla).post(path, {"contact": people[1].pk}).status_code == 404
    assert api_of(anna).post(path, {"contact": people[1].pk}).json()["contacts"] == [people[1].pk]
    assert api_of(anna).post(f"/deals/{deal.pk}/contacts/{people[1].pk}/lead").status_code == 200


def asked(client: Any, deal: Deal, **posted: Any) -> Any:
    return client.post(f"/deals/{deal.pk}/contacts", posted, headers={"HX-Request": "true"})


def test_somebody_new_is_added_without_leaving_the_deal(deal: Deal, client_of: Any, anna: Any) -> None:
    form = client_of(anna).get(f"/deals/{deal.pk}/contacts", headers={"HX-Request": "true"}).content.decode()
    assert 'data-create="1"' in form and 'href="/contacts/new"' not in form
    answer = asked(
        client_of(anna), deal, contact="Zoe Brandt", part="champion", phone="+49 151 23456789", email="Z@x.example"
    )  # fmt: skip
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/deals/{deal.pk}")
    assert on(deal) == [("Zoe Brandt", "champion")]
    made = Contact.objects.get(name="Zoe Brandt")
    assert (made.company_id, made.owner_id) == (deal.company_id, deal.owner_id)
    assert list(made.emails.values_list("address", flat=True)) == ["z@x.example"]


def test_what_was_typed_stays_and_nobody_is_made_where_it_is_refused(
    deal: Deal, people: Any, client_of: Any, anna: Any, dora: Any
) -> None:
    before = Contact.objects.count()
    for posted in (
        {"contact": "Zoe", "phone": "12"},
        {"contact": "Zoe", "part": "magician"},
        {"contact": str(people[0].pk), "phone": "+49 151 23456789"},
        {"contact": "", "phone": "+49 151 23456789"},
    ):
        answer = asked(client_of(anna), deal, **posted)
        text = answer.content.decode()
        assert answer.status_code == 422 and "cp-err" in text
        assert not posted.get("phone") or f'value="{posted["phone"]}"' in text
        assert not posted["contact"] or f'<option value="{posted["contact"]}" selected>' in text
    assert Contact.objects.count() == before and on(deal) == []


def test_the_competitor_of_a_lost_deal_is_chosen_or_new(deal: Deal, client_of: Any, anna: Any) -> None:
    client = client_of(anna)
    form = client.get(f"/deals/{deal.pk}/lose", headers={"HX-Request": "true"}).content.decode()
    assert 'data-pick="/deals/competitors/pick"' in form and 'name="competitor"' in form
    posted = {"competitor": "Rackworks", "comment": "cheaper"}
    refused = client.post(f"/deals/{deal.pk}/lose", posted, headers={"HX-Request": "true"})
    assert '<option value="Rackworks" selected>Rackworks</option>' in refused.content.decode()
    client.post(f"/deals/{deal.pk}/lose", {**posted, "reason": "price"})
    deal.refresh_from_db()
    assert (deal.status, deal.competitor) == ("lost", "Rackworks")
    found = client.get("/deals/competitors/pick?q=rackw").json()
    assert found == [{"value": "Rackworks", "text": "Rackworks"}]
