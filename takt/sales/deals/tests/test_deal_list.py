"""The list of deals, a new deal, acts on many, the panel on a customer's card."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.models import Deal, DealType, LossReason, OwnerPeriod, Stage, StagePassage

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _euro(settings: Any) -> None:
    settings.TAKT_CURRENCY = "EUR"


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str = "Racking", **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


def won(user: Any, at: dt.datetime, name: str, amount: str) -> Deal:
    deal = made(user, at, name, amount=amount, new_person=NewPerson("Ilse " + name))
    return commands.win_deal(deal.pk, by=Actor(user), at=at)


def reason() -> str:
    found = LossReason.objects.filter(is_active=True, is_system=False, needs_comment=False).first()
    assert found is not None
    return found.slug


def full_form(stage: Stage, **more: Any) -> dict[str, Any]:
    return {
        "name": "Pallet shuttle",
        "stage": stage.pk,
        "amount": "41200",
        "currency": "EUR",
        "company": "Frisia Frozen Foods",
        "contact": "Ilse van Rottum",
        "phone": "+31 10 555 0142",
        "step_type": "call",
        "step_title": "Call Ilse about the halls",
        "step_due": "2026-03-04T10:00",
        "expected_close_date": "2026-12-18",
    } | more


def test_the_tabs_count_and_sum_what_is_finished(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    made(anna, at, "Still open", amount="77000")
    won(anna, at, "First", "1200.50")
    won(anna, at, "Second", "800")
    lost = made(anna, at, "Third", amount="500")
    commands.lose_deal(lost.pk, reason(), by=Actor(anna), at=at)
    browser = client_of(anna)
    for query, count, total in (
        ("status=won,lost", "3 records", "€2,500.50"),
        ("status=won", "2 records", "€2,000.50"),
        ("status=lost", "1 record", "€500"),
        ("status=open", "1 record", "€77,000"),
    ):
        text = browser.get(f"/deals?{query}").content.decode()
        foot = text[text.index("<tfoot>") :]
        assert count in foot
        assert total in foot


def test_what_has_no_rate_is_named_and_not_added(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    made(anna, at, "In euro", amount="100")
    made(anna, at, "In yen", amount="7000", currency="JPY")
    text = client_of(anna).get("/deals").content.decode()
    foot = text[text.index("<tfoot>") :]
    assert "€100" in foot
    assert "7,000 not converted" in foot


def test_as_many_queries_for_few_deals_as_for_many(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    browser = client_of(anna)
    counts = []
    for more in (5, 195):
        for i in range(more):
            made(anna, at + dt.timedelta(minutes=i), f"Deal {i}", stage=stages[i % len(stages)].pk)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/deals").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_list_shows_what_the_role_may_see(
    stages: Any, anna: Any, boris: Any, carla: Any, dora: Any, at: Any, client_of: Any
) -> None:
    made(anna, at, "North deal")
    made(carla, at, "South deal")
    seen = {
        user.name: [
            n for n in ("North deal", "South deal") if n in client_of(user).get("/deals").content.decode()
        ]
        for user in (anna, boris, carla, dora)
    }
    assert seen == {
        "Anna": ["North deal"],
        "Boris": ["North deal"],
        "Carla": ["South deal"],
        "Dora": ["North deal", "South deal"],
    }


def test_one_form_makes_deal_company_and_person(stages: Any, anna: Any, client_of: Any) -> None:
    got = client_of(anna).post("/deals/new", full_form(stages[0], type="Trade fair", about="Two halls"))
    deal = Deal.objects.get()
    assert (got.status_code, got.headers["Location"]) == (303, f"/deals/{deal.pk}")
    assert (deal.stage, deal.owner, deal.amount) == (stages[0], anna, Decimal(41200))
    assert deal.company == Company.objects.get(name="Frisia Frozen Foods")
    person = deal.parts.get().contact
    assert (person.name, person.company) == ("Ilse van Rottum", deal.company)
    assert person.phones.count() == 1
    assert deal.type == DealType.objects.get(name="Trade fair")
    assert deal.next_task is not None
    assert deal.next_task.title == "Call Ilse about the halls"


def test_known_customers_are_chosen_and_not_doubled(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    first = made(anna, at, new_company="Frisia", new_person=NewPerson("Ilse"))
    person = first.parts.get().contact
    typed = full_form(stages[0], company=first.company_id, contact=person.pk, phone="")
    client_of(anna).post("/deals/new", typed)
    deal = Deal.objects.get(name="Pallet shuttle")
    assert (deal.company_id, deal.parts.get().contact) == (first.company_id, person)
    assert (Company.objects.count(), Contact.objects.count()) == (1, 1)


def test_a_refused_form_keeps_what_was_typed(stages: Any, anna: Any, client_of: Any) -> None:
    browser = client_of(anna)
    for wrong in (
        {"step_title": ""},
        {"name": ""},
        {"amount": "a lot"},
        {"step_due": "soon"},
        {"phone": "12"},
    ):
        got = browser.post("/deals/new", full_form(stages[0], **wrong), headers=HX)
        text = got.content.decode()
        assert got.status_code == 422, wrong
        assert "Frisia Frozen Foods" in text
        assert "Ilse van Rottum" in text
        assert "cp-err" in text or "tk-alert" in text
    assert not Deal.objects.exists()
    assert not Company.objects.exists()


def test_who_may_not_add_is_told_so(stages: Any, person: Any, client_of: Any) -> None:
    auditor = person("olga", role="auditor", team=None)
    assert client_of(auditor).post("/deals/new", full_form(stages[0])).status_code == 403
    assert 'href="/deals/new"' not in client_of(auditor).get("/deals").content.decode().split("tk-bottom")[0]


def test_many_are_moved_and_put_back(stages: Any, anna: Any, at: Any, client_of: Any) -> None:
    deals = [made(anna, at, f"Deal {i}", stage=stages[i].pk) for i in range(3)]
    before = list(StagePassage.objects.order_by("id").values())
    browser = client_of(anna)
    ids = [d.pk for d in deals]
    form = browser.get("/lists/deals/bulk/move", {"ids": ids}, headers=HX)
    assert form.status_code == 200
    assert form.content.decode().count('name="ids"') == 3
    got = browser.post("/lists/deals/bulk/move", {"ids": ids, "stage": stages[4].pk})
    assert got.status_code == 303
    assert set(Deal.objects.values_list("stage", flat=True)) == {stages[4].pk}
    assert browser.post(_undo_in(browser)).status_code < 400
    assert list(Deal.objects.order_by("id").values_list("stage", flat=True)) == [s.pk for s in stages[:3]]
    assert list(StagePassage.objects.order_by("id").values()) == before


def _undo_in(browser: Any) -> str:
    """Where the toast of the last act takes it back."""
    text = browser.get("/deals").content.decode()
    at = text.index('data-undo-url="') + len('data-undo-url="')
    return str(text[at : text.index('"', at)])


def test_many_are_handed_over_and_given_back(
    stages: Any, anna: Any, boris: Any, carla: Any, at: Any, client_of: Any
) -> None:
    deals = [made(anna, at, f"Deal {i}") for i in range(2)]
    before = list(OwnerPeriod.objects.order_by("id").values())
    browser = client_of(boris)
    ids = [d.pk for d in deals]
    assert browser.post("/lists/deals/bulk/assign", {"ids": ids, "owner": boris.pk}).status_code == 303
    assert {(d.owner, d.next_task.assignee) for d in Deal.objects.all()} == {(boris, boris)}  # type: ignore[union-attr]
    assert browser.post(_undo_in(browser)).status_code < 400
    assert {(d.owner, d.next_task.assignee) for d in Deal.objects.all()} == {(anna, anna)}  # type: ignore[union-attr]
    assert list(OwnerPeriod.objects.order_by("id").values()) == before
    left = client_of(carla).post("/lists/deals/bulk/assign", {"ids": ids, "owner": carla.pk}, headers=HX)
    assert "0 records were changed. 2 were left out." in left.content.decode()


def test_only_an_administrator_deletes(
    stages: Any, anna: Any, dora: Any, admin: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at)
    for user in (anna, dora):
        assert "/lists/deals/bulk/delete" not in client_of(user).get("/deals").content.decode()
        assert (
            client_of(user).post("/lists/deals/bulk/delete", {"ids": deal.pk}, headers=HX).status_code == 403
        )
    browser = client_of(admin)
    assert "/lists/deals/bulk/delete" in browser.get("/deals").content.decode()
    assert browser.post("/lists/deals/bulk/delete", {"ids": deal.pk}).status_code == 303
    assert not Deal.objects.visible_to(admin).exists()
    assert browser.post(_undo_in(browser)).status_code < 400
    assert Deal.objects.visible_to(admin).get() == deal


def test_a_customers_card_lists_his_deals(
    stages: Any, anna: Any, carla: Any, at: Any, client_of: Any
) -> None:
    deal = made(anna, at, "Racking", new_company="Frisia", new_person=NewPerson("Ilse"))
    contact = deal.parts.get().contact_id
    for key in (f"company={deal.company_id}", f"contact={contact}"):
        text = client_of(anna).get(f"/deals/panel?{key}", headers=HX).content.decode()
        assert f'href="/deals/{deal.pk}"' in text
        assert stages[0].name in text
        assert "€1,000" in text
        assert client_of(carla).get(f"/deals/panel?{key}", headers=HX).status_code == 404
    assert client_of(anna).get("/deals/panel").status_code == 404


def test_the_list_is_taken_out_by_who_may(
    stages: Any, anna: Any, boris: Any, at: Any, client_of: Any
) -> None:
    made(anna, at, "Racking", new_company="Frisia")
    got = client_of(boris).get("/deals?export=csv")
    assert got.status_code == 200
    text = b"".join(got.streaming_content) if got.streaming else got.content
    assert b"Racking" in text
    assert b"Frisia" in text
    assert client_of(anna).get("/deals?export=csv").status_code == 403
