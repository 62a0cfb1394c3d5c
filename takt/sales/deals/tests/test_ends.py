"""Ends taken back, another try at a lost deal, the next deal, offers for some days."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Invalid, NotFound, Refused, Stale
from takt.kernel.undo.commands import offer, take_back
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_company
from takt.sales.contacts.models import Source
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.commands.offers import before_offering
from takt.sales.deals.commands.unclosing import before_closing
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
STEP = {"type": "call", "title": "Call", "due_at": "2026-03-04T09:00:00Z"}


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    source = Source.objects.order_by("pk").first()
    return commands.create_deal(
        name="Racking",
        amount="100",
        currency="EUR",
        source=source,
        new_company="Frisia",
        new_person=NewPerson("Ilse", phone="+49301234567"),
        first_task=NewTask(type="call", title="Call Ilse", due_at=at + dt.timedelta(days=1)),
        tags=["cold"],
        by=Actor(anna),
        at=at,
    )


def sound() -> bool:
    return not [c.name for c in checks if c.find()]


class TestUndoOfAnEnd:
    @pytest.mark.parametrize("end", ["win", "win with another amount", "lose", "lose and try again"])
    def test_nothing_is_left_of_it(self, end: str, deal: Deal, anna: Any, at: dt.datetime) -> None:
        by, later = Actor(anna), at + dt.timedelta(hours=1)
        commands.create_task(
            NewTask(type="email", title="Write", due_at=at + dt.timedelta(days=2)), deal=deal, by=by, at=at
        )
        if end == "win with another amount":
            commands.edit_deal(deal, {"amount": None}, by=by, at=at)
        before = list(canonical_lines())
        note = before_closing(Deal.objects.get(pk=deal.pk))
        if end.startswith("win"):
            amount = "70" if "amount" in end else None
            closed = commands.win_deal(deal, amount=amount, by=by, at=later)
        else:
            again = at.date() + dt.timedelta(days=90) if "again" in end else None
            closed = commands.lose_deal(deal, "price", try_again_on=again, by=by, at=later)
        assert list(canonical_lines()) != before
        arguments = note | {"version": closed.version}
        token = offer(inverse="deals.unclose_deal", arguments=arguments, by=by, at=later)
        assert token is not None
        take_back(token, by=by, at=later)
        left = [line for line in canonical_lines() if "Try again" not in line]
        assert left == before
        assert sound()

    def test_a_deal_that_changed_since_is_left_alone(
        self, deal: Deal, anna: Any, boris: Any, at: dt.datetime
    ) -> None:
        note = before_closing(deal)
        closed = commands.lose_deal(deal, "price", by=Actor(anna), at=at)
        commands.try_again(deal, at.date() + dt.timedelta(days=9), by=Actor(anna), at=at)
        arguments = note | {"version": closed.version}
        token = offer(inverse="deals.unclose_deal", arguments=arguments, by=Actor(anna), at=at)
        assert token is not None
        with pytest.raises(Stale):
            take_back(token, by=Actor(anna), at=at)

    @pytest.mark.parametrize(("act", "body"), [("win", {}), ("lose", {"reason": "price"})])
    def test_the_page_offers_it(
        self, act: str, body: dict[str, str], deal: Deal, anna: Any, client_of: Callable[..., Any]
    ) -> None:
        client = client_of(anna)
        page = client.post(f"/deals/{deal.pk}/{act}", body, follow=True).content.decode()
        undo = page.split("/undo/")[1].split('"')[0]
        assert client.post(f"/undo/{undo}").status_code in {204, 302, 303, 200}
        deal.refresh_from_db()
        assert deal.status == "open"
        assert deal.next_task.title == "Call Ilse"
        assert sound()


class TestAnotherTry:
    def test_it_is_a_task_of_the_customer(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        day = dt.date(2026, 9, 1)
        lost = commands.lose_deal(deal, "price", try_again_on=day, by=Actor(anna), at=at)
        task = lost.try_again_task
        assert (task.title, task.deal, task.company, task.assignee) == (
            "Try again: Racking", None, deal.company, anna,
        )  # fmt: skip
        assert task.due_at.date() == day
        assert not Task.objects.filter(deal=deal, status="open").exists()
        assert sound()

    def test_returning_to_work_ends_it(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        lost = commands.lose_deal(deal, "price", try_again_on=dt.date(2026, 9, 1), by=Actor(anna), at=at)
        step = NewTask(type="call", title="Again", due_at=at + dt.timedelta(days=1))
        back = commands.reopen_deal(deal, next_task=step, by=Actor(anna), at=at)
        assert back.try_again_on is None
        assert Task.objects.get(pk=lost.try_again_task_id).status == "cancelled"
        assert back.next_task.title == "Again"

    def test_a_day_can_be_changed_and_forgotten(
        self, deal: Deal, anna: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        commands.lose_deal(deal, "price", try_again_on=dt.date(2026, 9, 1), by=Actor(anna), at=at)
        changed = commands.try_again(deal, dt.date(2026, 10, 1), by=Actor(anna), at=at)
        assert Task.objects.filter(status="open").get().pk == changed.try_again_task_id
        page = client_of(anna).get(f"/deals/{deal.pk}").content.decode()
        assert "Try again on" in page
        commands.try_again(deal, None, by=Actor(anna), at=at)
        assert not Task.objects.filter(status="open").exists()

    @pytest.mark.parametrize("day", ["2026-03-02", "2031-01-01", "soon"])
    def test_only_a_day_ahead(self, day: str, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid):
            commands.lose_deal(deal, "price", try_again_on=day, by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.status == "open"

    def test_an_open_deal_is_not_tried_again(
        self, deal: Deal, anna: Any, carla: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Refused, match="lost"):
            commands.try_again(deal, dt.date(2026, 9, 1), by=Actor(anna), at=at)
        with pytest.raises(NotFound):
            commands.try_again(deal, dt.date(2026, 9, 1), by=Actor(carla), at=at)

    def test_a_loss_without_a_reason_is_refused_with_a_day_too(
        self, deal: Deal, anna: Any, api_of: Callable[..., Any]
    ) -> None:
        answer = api_of(anna).post(f"/deals/{deal.pk}/lose", {"try_again_on": "2026-09-01"})
        assert answer.status_code == 422


class TestTheNextDeal:
    def test_it_keeps_customer_people_and_first_source(
        self, deal: Deal, anna: Any, at: dt.datetime, api_of: Callable[..., Any]
    ) -> None:
        commands.win_deal(deal, by=Actor(anna), at=at)
        answer = api_of(anna).post(f"/deals/{deal.pk}/follow", {"name": "Service", "first_task": STEP})
        assert answer.status_code == 201, answer.content
        new = Deal.objects.get(pk=answer.json()["id"])
        assert (new.parent, new.company, new.source, new.amount) == (deal, deal.company, deal.source, None)
        assert [p.contact.name for p in new.parts.all()] == ["Ilse"]
        assert new.next_task.title == "Call"
        assert sound()

    def test_the_same_sale_once_more(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        step = NewTask(type="call", title="Call", due_at=at + dt.timedelta(days=1))
        new = commands.follow_deal(
            deal, name="Racking 2", with_products=True, first_task=step, by=Actor(anna), at=at
        )
        assert (new.amount, new.currency, new.tags) == (100, "EUR", ["cold"])

    def test_no_deal_without_a_next_step(self, deal: Deal, anna: Any, api_of: Callable[..., Any]) -> None:
        answer = api_of(anna).post(f"/deals/{deal.pk}/follow", {"name": "Service"})
        assert (answer.status_code, answer.json()["code"]) == (409, "next_task_required")

    def test_a_hidden_customer_does_not_come_along(
        self, deal: Deal, anna: Any, carla: Any, at: dt.datetime
    ) -> None:
        secret = create_company(name="Secret", by=Actor(carla), at=at)
        Deal.objects.filter(pk=deal.pk).update(company=secret)
        step = NewTask(type="call", title="Call", due_at=at + dt.timedelta(days=1))
        new = commands.follow_deal(deal, name="Next", first_task=step, by=Actor(anna), at=at)
        assert new.company is None

    def test_a_stranger_follows_nothing(
        self, deal: Deal, carla: Any, api_of: Callable[..., Any], client_of: Callable[..., Any]
    ) -> None:
        assert api_of(carla).post(f"/deals/{deal.pk}/follow", {"name": "X"}).status_code == 404
        assert client_of(carla).get(f"/deals/{deal.pk}/chain").status_code == 404
        assert client_of(carla).get(f"/deals/{deal.pk}/follow").status_code == 404

    def test_the_page_shows_the_chain(
        self, deal: Deal, anna: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        client = client_of(anna)
        typed = {"name": "Service", "step_type": "call", "step_title": "Call", "step_due": "2030-03-04T09:00"}
        assert client.post(f"/deals/{deal.pk}/follow", typed | {"step_title": ""}).status_code == 422
        answer = client.post(f"/deals/{deal.pk}/follow", typed)
        new = Deal.objects.get(name="Service")
        assert answer["Location"] == f"/deals/{new.pk}"
        assert "Racking" in client.get(f"/deals/{new.pk}/chain").content.decode()
        assert "Service" in client.get(f"/deals/{deal.pk}/chain").content.decode()


class TestOffers:
    def test_to_all_of_a_stage_and_back(
        self, deal: Deal, anna: Any, carla: Any, at: dt.datetime, client_of: Callable[..., Any]
    ) -> None:
        commands.create_deal(name="Hers", is_quick=True, by=Actor(carla), at=at)
        commands.create_deal(name="Mine", is_quick=True, by=Actor(anna), at=at)
        before = list(canonical_lines())
        client = client_of(anna)
        form = client.get(f"/deals/stages/{deal.stage_id}/offer").content.decode()
        assert "2 open deals" in form
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=20)).date().isoformat()
        answer = client.post(
            f"/deals/stages/{deal.stage_id}/offer", {"offer": "5 % off", "until": until}, follow=True
        )
        assert set(Deal.objects.filter(offer="5 % off").values_list("name", flat=True)) == {"Racking", "Mine"}
        assert "Offer until" in client.get("/deals/board").content.decode()
        undo = answer.content.decode().split("/undo/")[1].split('"')[0]
        client.post(f"/undo/{undo}")
        assert list(canonical_lines()) == before

    def test_a_single_deal(
        self, deal: Deal, anna: Any, carla: Any, at: dt.datetime, api_of: Callable[..., Any]
    ) -> None:
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=20)).date().isoformat()
        body = {"offer": "Free delivery", "until": until}
        assert api_of(carla).post(f"/deals/{deal.pk}/offer", body).status_code in {403, 404}
        answer = api_of(anna).post(f"/deals/{deal.pk}/offer", body).json()
        assert (answer["offer"], answer["offer_until"]) == ("Free delivery", until)
        assert api_of(anna).delete(f"/deals/{deal.pk}/offer").json()["offer"] == ""

    @pytest.mark.parametrize(
        ("text", "until"), [("", "2026-03-20"), ("x", ""), ("x", "2026-03-01"), ("x", "x")]
    )
    def test_what_is_wrong(self, text: str, until: str, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid):
            commands.make_offer([deal], text, until, by=Actor(anna), at=at)

    def test_undo_is_refused_after_another_change(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        note = before_offering([deal])
        commands.make_offer([deal], "x", "2026-03-20", by=Actor(anna), at=at)
        commands.edit_deal(deal, {"name": "Other"}, by=Actor(anna), at=at)
        token = offer(inverse="deals.take_back_offers", arguments=note, by=Actor(anna), at=at)
        assert token is not None
        with pytest.raises(Stale):
            take_back(token, by=Actor(anna), at=at)
