"""The deals' commands: they work, refuse, keep rights and leave their events."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewLine, NewPerson, NewTask, Snooze
from takt.sales.deals.models import Deal, DealContact, OwnerPeriod, Stage, StagePassage, StageTotal

pytestmark = pytest.mark.django_db


def assert_sound() -> None:
    """Every invariant of the database holds."""
    assert {c.name: c.find() for c in checks if c.find()} == {}


def step(at: dt.datetime, title: str = "Send the price list", **more: Any) -> NewTask:
    return NewTask(type="email", title=title, due_at=at + dt.timedelta(days=1), **more)


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Cold store racking",
        amount="86000",
        currency="EUR",
        new_company="Frisia Frozen Foods",
        new_person=NewPerson("Ilse van Rottum", phone="+31 10 555 0142"),
        first_task=step(at),
        by=Actor(anna),
        at=at,
    )


def kinds(deal: Deal) -> list[str]:
    ids = Event.objects.filter(subjects__kind="deal", subjects__object_id=deal.pk).order_by("id")
    return list(ids.values_list("kind", flat=True))


class TestCreate:
    def test_makes_company_person_task_and_history(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        assert deal.company is not None
        assert deal.company.name == "Frisia Frozen Foods"
        assert deal.parts.get().contact.phones.get().number == "+31105550142"
        assert deal.stage.position == 1
        assert deal.next_task is not None
        assert deal.next_task.assignee == anna
        assert StagePassage.objects.get(deal=deal).left_at is None
        assert OwnerPeriod.objects.get(deal=deal).owner == anna
        assert kinds(deal)[:1] == ["deal.created"]
        assert_sound()

    def test_without_next_step_is_refused_and_leaves_nothing(
        self, anna: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Refused) as refusal:
            commands.create_deal(name="No step", new_company="Ghost", by=Actor(anna), at=at)
        assert refusal.value.code == "next_task_required"
        assert not Deal.objects.exists()
        assert not Event.objects.filter(kind="deal.created").exists()

    def test_quick_deal_makes_the_task_contact_due_today(
        self, anna: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        stage = Stage.objects.get(pipeline=pipeline, position=3)
        deal = commands.create_deal(
            name="Quick", amount="10", stage=stage, is_quick=True, by=Actor(anna), at=at
        )
        assert deal.stage == stage
        assert deal.next_due_at is not None
        assert deal.next_due_at.date() == at.date()
        assert StagePassage.objects.filter(deal=deal).count() == 1

    def test_amount_without_currency_is_refused(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid) as refusal:
            commands.create_deal(name="X", amount="5", first_task=step(at), by=Actor(anna), at=at)
        assert [e.field for e in refusal.value.errors] == ["currency"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": "x" * 201},
            {"name": "a\x00b"},
            {"amount": "-1", "currency": "EUR"},
            {"amount": "NaN", "currency": "EUR"},
            {"amount": "1e400", "currency": "EUR"},
            {"amount": "1.005", "currency": "EUR"},
            {"amount": "5", "currency": "EURO"},
            {"expected_close_date": "soon"},
            {"expected_close_date": "0001-01-01"},
            {"probability": "101"},
            {"stage": "999999999999999999999"},
            {"pipeline": "nope"},
            {"company": "77777"},
            {"contacts": ["x"]},
            {"owner": "nobody@takt.example"},
            {"type": "Barter"},
        ],
    )
    def test_wrong_input_is_told_and_nothing_written(
        self, wrong: dict[str, Any], anna: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            commands.create_deal(**{"name": "Fine", "first_task": step(at), **wrong}, by=Actor(anna), at=at)
        assert refusal.value.errors
        assert not Deal.objects.exists()

    def test_a_rep_cannot_give_a_deal_to_another_team(
        self, anna: Any, carla: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        with pytest.raises(Forbidden):
            commands.create_deal(name="X", owner=carla, first_task=step(at), by=Actor(anna), at=at)


class TestMove:
    def test_forward_over_stages_leaves_passages(
        self, deal: Deal, anna: Any, pipeline: Any, at: dt.datetime
    ) -> None:
        target = Stage.objects.get(pipeline=pipeline, position=4)
        later = at + dt.timedelta(days=2)
        commands.move_deal(deal, target, by=Actor(anna), at=later)
        exits = list(
            StagePassage.objects.filter(deal=deal).order_by("id").values_list("stage__position", "exit")
        )
        assert exits == [(1, "advanced"), (2, "skipped_over"), (3, "skipped_over"), (4, "")]
        assert "deal.moved" in kinds(deal)
        assert_sound()

    def test_stale_version_is_refused(self, deal: Deal, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        target = Stage.objects.get(pipeline=pipeline, position=2)
        commands.edit_deal(deal, {"name": "Renamed"}, by=Actor(anna), at=at)
        with pytest.raises(Stale):
            commands.move_deal(deal.pk, target, version=1, by=Actor(anna), at=at)

    def test_stranger_gets_not_found(self, deal: Deal, carla: Any, pipeline: Any, at: dt.datetime) -> None:
        with pytest.raises(NotFound):
            commands.move_deal(
                deal.pk, Stage.objects.get(pipeline=pipeline, position=2), by=Actor(carla), at=at
            )

    def test_stage_of_another_pipeline_is_refused(
        self, deal: Deal, admin: Any, anna: Any, at: dt.datetime
    ) -> None:
        other = commands.create_pipeline(name="Rental", stages=[{"name": "Asked"}], by=Actor(admin), at=at)
        with pytest.raises(Invalid):
            commands.move_deal(deal, other.stages.get(), by=Actor(anna), at=at)
        commands.change_pipeline(deal, other, by=Actor(anna), at=at)
        assert_sound()


class TestTasks:
    def test_last_task_asks_for_the_next_step(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Refused) as refusal:
            commands.complete_task(deal.next_task, result="Sent", by=Actor(anna), at=at)
        assert refusal.value.code == "next_task_required"
        deal.next_task.refresh_from_db()  # type: ignore[union-attr]
        assert deal.next_task.is_open  # type: ignore[union-attr]

    def test_next_task_becomes_the_next_step(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        done = commands.complete_task(
            deal.next_task, result="Sent", next_task=step(at, "Call"), by=Actor(anna), at=at
        )
        deal.refresh_from_db()
        assert deal.next_task == done.next_task
        assert_sound()

    def test_closing_lost_needs_a_reason(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid):
            commands.complete_task(deal.next_task, close_deal=Closing("lost"), by=Actor(anna), at=at)
        commands.complete_task(deal.next_task, close_deal=Closing("lost", "price"), by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.status == "lost"
        assert_sound()

    def test_snooze_keeps_stage_and_makes_a_task(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        until = at.date() + dt.timedelta(days=40)
        commands.complete_task(deal.next_task, snooze=Snooze(until, "Budget in May"), by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.snoozed_until == until
        assert deal.next_task is not None
        assert_sound()

    def test_a_task_alone_gives_no_right_to_put_the_deal_off(
        self, deal: Deal, boris: Any, carla: Any, at: dt.datetime
    ) -> None:
        commands.reassign_task(deal.next_task, carla, by=Actor(boris), at=at)
        until = at.date() + dt.timedelta(days=40)
        with pytest.raises(Forbidden):
            commands.complete_task(deal.next_task, snooze=Snooze(until, "Not mine"), by=Actor(carla), at=at)
        deal.refresh_from_db()
        assert deal.snoozed_until is None
        assert_sound()

    def test_cancel_follows_the_same_rule(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Refused):
            commands.cancel_task(deal.next_task, reason="No", by=Actor(anna), at=at)
        with pytest.raises(Refused):
            commands.delete_task(deal.next_task, by=Actor(anna), at=at)

    def test_undo_of_a_completion(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        first = deal.next_task
        done = commands.complete_task(first, result="Sent", next_task=step(at), by=Actor(anna), at=at)
        commands.take_back_completion(done, by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.next_task == first
        assert_sound()


class TestClose:
    def test_win_needs_amount_and_contact(self, anna: Any, pipeline: Any, at: dt.datetime) -> None:
        deal = commands.create_deal(name="Bare", first_task=step(at), by=Actor(anna), at=at)
        with pytest.raises(Refused) as refusal:
            commands.win_deal(deal, by=Actor(anna), at=at)
        assert refusal.value.code == "stage_gate"
        assert {e.field for e in refusal.value.errors} == {"amount", "contacts"}

    def test_win_once(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        commands.win_deal(deal, by=Actor(anna), at=at)
        with pytest.raises(commands.AlreadyClosed):
            commands.win_deal(deal, by=Actor(anna), at=at)
        assert kinds(deal).count("deal.won") == 1
        assert_sound()

    def test_system_reason_is_not_selectable(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid):
            commands.lose_deal(deal, "not_recorded", by=Actor(anna), at=at)

    def test_other_needs_a_comment(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        with pytest.raises(Invalid):
            commands.lose_deal(deal, "other", by=Actor(anna), at=at)
        commands.lose_deal(deal, "other", comment="They moved to Peru", by=Actor(anna), at=at)

    def test_reopen_needs_next_step_and_right(
        self, deal: Deal, anna: Any, boris: Any, at: dt.datetime
    ) -> None:
        commands.win_deal(deal, by=Actor(anna), at=at)
        with pytest.raises(Forbidden):
            commands.reopen_deal(deal, next_task=step(at), by=Actor(anna), at=at)
        with pytest.raises(Refused):
            commands.reopen_deal(deal, by=Actor(boris), at=at)
        again = commands.reopen_deal(deal, next_task=step(at), by=Actor(boris), at=at)
        assert again.amount_base is None
        assert_sound()


class TestPeople:
    def test_the_sixth_contact_is_refused(self, deal: Deal, anna: Any, at: dt.datetime) -> None:
        from takt.sales.contacts.commands import create_contact

        people = [create_contact(name=f"P {i}", by=Actor(anna), at=at) for i in range(5)]
        for person in people[:4]:
            commands.attach_contact(deal, person, by=Actor(anna), at=at)
        with pytest.raises(Refused) as refusal:
            commands.attach_contact(deal, people[4], by=Actor(anna), at=at)
        assert refusal.value.code == "limit_reached"
        commands.detach_contact(deal, people[0], by=Actor(anna), at=at)
        commands.attach_contact(deal, people[4], by=Actor(anna), at=at)
        assert DealContact.objects.filter(deal=deal).count() == 5

    def test_handing_on_takes_tasks_along(self, deal: Deal, anna: Any, boris: Any, at: dt.datetime) -> None:
        commands.assign_deal(deal, boris, by=Actor(boris), at=at)
        deal.refresh_from_db()
        assert deal.next_task.assignee == boris  # type: ignore[union-attr]
        with pytest.raises(NotFound):
            commands.edit_deal(deal.pk, {"name": "Mine"}, by=Actor(anna), at=at)
        assert_sound()


def test_lines_set_the_amount(deal: Deal, anna: Any, admin: Any, at: dt.datetime) -> None:
    from takt.sales.catalog.commands import create_product

    rack = create_product(name="Rack", price="100.50", currency="EUR", by=Actor(admin), at=at)
    commands.set_lines(deal, [NewLine(rack, 3), NewLine(rack, 1, "50")], by=Actor(anna), at=at)
    deal.refresh_from_db()
    assert deal.amount == Decimal("351.50")
    assert_sound()


def test_delete_is_the_administrators_and_restore_brings_all_back(
    deal: Deal, anna: Any, admin: Any, at: dt.datetime
) -> None:
    with pytest.raises(Forbidden):
        commands.delete_deal(deal, by=Actor(anna), at=at)
    commands.delete_deal(deal, by=Actor(admin), at=at)
    assert StageTotal.objects.get().deals == 0
    with pytest.raises(NotFound):
        commands.edit_deal(deal.pk, {"name": "Ghost"}, by=Actor(anna), at=at)
    commands.restore_deal(deal, by=Actor(admin), at=at)
    deal.refresh_from_db()
    assert deal.next_task is not None
    assert_sound()


def test_bulk_move_is_all_or_nothing(
    deal: Deal, anna: Any, boris: Any, carla: Any, pipeline: Any, at: dt.datetime
) -> None:
    other = commands.create_deal(name="Carla's", first_task=step(at), by=Actor(carla), at=at)
    target = Stage.objects.get(pipeline=pipeline, position=3)
    with pytest.raises(Forbidden):
        commands.move_deals([deal.pk, other.pk], target, by=Actor(boris), at=at)
    assert commands.move_deals([deal.pk], target, by=Actor(boris), at=at) == 1
    assert_sound()


def test_bulk_assign(deal: Deal, dora: Any, carla: Any, at: dt.datetime) -> None:
    assert commands.assign_deals([deal.pk], carla, by=Actor(dora), at=at) == 1
    deal.refresh_from_db()
    assert deal.owner == carla
    assert_sound()


def test_contractor_cost_is_money_of_the_deal(
    pipeline: Any, anna: Any, admin: Any, at: dt.datetime, client_of: Any, api_of: Any
) -> None:
    deal = commands.create_deal(name="Hall", is_quick=True, amount=500, currency="EUR", by=Actor(anna), at=at)
    browser, api = client_of(anna), api_of(anna)
    assert api.patch(f"/deals/{deal.pk}", {"contractor_cost": "120.50"}).json()["contractor_cost"] == "120.50"
    assert api.patch(f"/deals/{deal.pk}", {"contractor_cost": -1}).status_code == 422
    answer = browser.post(
        f"/deals/{deal.pk}/field/contractor_cost", {"contractor_cost": "1 300,20", "seen": "{}"}
    )
    assert "1,300" in answer.json()["cells"]["contractor_cost"]
    assert 'value="1300.20"' in browser.get(f"/deals/{deal.pk}/edit").content.decode()
    assert (
        "€1,300"
        in browser.get("/deals?columns=name,contractor_cost&contractor_cost__gte=1300").content.decode()
    )
    assert "Contractor cost" in browser.get(f"/timeline/deal/{deal.pk}").content.decode()
    sheet = client_of(admin).get("/deals?columns=name,contractor_cost&export=csv")
    assert "1300.20" in b"".join(sheet.streaming_content).decode()
    from takt.sales.contacts.commands import create_contact

    commands.attach_contact(deal, create_contact(name="Pia", by=Actor(anna), at=at), by=Actor(anna), at=at)
    won = commands.win_deal(deal, by=Actor(anna), at=at)
    late = commands.edit_deal(won, {"contractor_cost": "99"}, by=Actor(anna), at=at)  # the bill comes later
    assert str(late.contractor_cost) == "99.00"
