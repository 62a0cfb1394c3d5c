"""Stage gates: what is missing, on every road, in every mode (domain spec 2.2, Decided 3 and 6)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from takt.kernel.events.models import Event
from takt.kernel.fields.commands import create_field
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.sales.deals import commands
from takt.sales.deals.commands import NewCriterion, NewField, NewPerson, NewTask, pipelines, undoing, updating
from takt.sales.deals.commands import stages as stage_commands
from takt.sales.deals.commands.updating import DealChange
from takt.sales.deals.models import CriterionTick, Deal, Pipeline, Stage, StageCriterion, StagePassage
from takt.sales.deals.queries.gates import facts_given
from takt.sales.deals.rules_checks import CHECKS

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(pipeline: Any, dora: Any, at: Any) -> Pipeline:
    """Four stages; the second asks for an amount, a close date to come, a reachable contact and a tick."""
    stages: list[dict[str, Any]] = [
        {"name": "New", "probability": 10},
        {
            "name": "Qualified",
            "probability": 20,
            "criteria": [{"text": "The need is confirmed"}, {"check": "reachable_contact"}],
            "fields": [{"field": "amount"}, {"field": "expected_close_date", "not_past": True}],
        },
        {"name": "Offer sent", "probability": 60, "fields": [{"field": "company"}]},
        {"name": "For signing", "probability": 80},
    ]
    return commands.create_pipeline(name="Rental", stages=stages, by=Actor(dora), at=at)


@pytest.fixture
def stages(line: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=line).order_by("position"))


@pytest.fixture
def enforced(line: Any, admin: Any, at: Any) -> Pipeline:
    return commands.set_gate_mode(line, "enforce", is_confirmed=True, by=Actor(admin), at=at)


@pytest.fixture
def deal(line: Any, anna: Any, at: Any) -> Deal:
    task = NewTask("call", "Call Ilse", at + dt.timedelta(days=1))
    return commands.create_deal(name="Racking", pipeline=line, first_task=task, by=Actor(anna), at=at)


def codes(refusal: Refused) -> set[tuple[str, str]]:
    return {(e.field.split(".")[0], e.code) for e in refusal.errors}


ALL = {
    ("amount", "field_required"),
    ("expected_close_date", "field_required"),
    ("criteria", "criterion_not_confirmed"),
    ("contacts", "criterion_not_met"),
}


def fill(deal: Deal, anna: Any, at: Any) -> Deal:
    """Everything that the second stage asks for."""
    changes = {"amount": "1000", "expected_close_date": at.date() + dt.timedelta(days=9)}
    commands.edit_deal(deal, changes, by=Actor(anna), at=at)
    person = commands.create_deal(
        name="Other", is_quick=True, new_person=NewPerson("Ilse", phone="+49305550100"), by=Actor(anna), at=at
    )
    commands.attach_contact(deal, person.parts.get().contact, by=Actor(anna), at=at)
    for criterion in StageCriterion.objects.filter(stage__pipeline=deal.pipeline_id, check_name=""):
        commands.tick_criterion(deal, criterion, by=Actor(anna), at=at)
    return Deal.objects.get(pk=deal.pk)


class TestEnforced:
    def test_everything_missing_is_told_at_once(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        commands.move_deal(deal, stages[1], by=Actor(anna), at=at)  # the first stage asks for nothing
        with pytest.raises(Refused) as refused:
            commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        assert refused.value.code == "stage_gate"
        assert refused.value.status == 409
        assert codes(refused.value) == ALL
        deal.refresh_from_db()
        assert deal.stage == stages[1]

    def test_stages_jumped_over_are_judged_too(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        with pytest.raises(Refused) as refused:
            commands.move_deal(deal, stages[3], by=Actor(anna), at=at)
        assert codes(refused.value) == {*ALL, ("company", "field_required")}

    def test_what_is_filled_in_lets_it_through(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        filled = fill(deal, anna, at)
        moved = commands.move_deal(filled, stages[2], by=Actor(anna), at=at)
        assert moved.stage == stages[2]
        assert moved.missing == ()
        assert not StagePassage.objects.exclude(checklist_snapshot__isnull=True).exists()

    def test_a_date_past_and_an_amount_of_nothing_are_missing(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        filled = fill(deal, anna, at)
        commands.edit_deal(
            filled,
            {"amount": "0", "expected_close_date": at.date() - dt.timedelta(days=1)},
            by=Actor(anna),
            at=at,
        )
        with pytest.raises(Refused) as refused:
            commands.move_deal(filled, stages[2], by=Actor(anna), at=at)
        assert codes(refused.value) == {("amount", "field_required"), ("expected_close_date", "field_past")}

    def test_a_manager_forces_it_with_a_reason_and_it_stays_known(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, boris: Any, at: Any
    ) -> None:
        with pytest.raises(Forbidden):
            commands.move_deal(deal, stages[3], force=True, reason="Trust me", by=Actor(anna), at=at)
        with pytest.raises(Invalid):
            commands.move_deal(deal, stages[3], force=True, by=Actor(boris), at=at)
        commands.move_deal(
            deal, stages[3], force=True, reason="The buyer is on leave", by=Actor(boris), at=at
        )
        left = StagePassage.objects.exclude(checklist_snapshot__isnull=True).order_by("id")
        assert [(p.stage, p.forced_reason, p.left_by) for p in left] == [
            (stages[1], "The buyer is on leave", boris),
            (stages[2], "The buyer is on leave", boris),
        ]
        assert [len(p.checklist_snapshot) for p in left] == [4, 1]
        event = Event.objects.get(kind="deal.gate_forced")
        assert event.payload["reason"] == "The buyer is on leave"

    def test_undo_leaves_nothing_of_it(
        self, enforced: Any, stages: Any, deal: Any, boris: Any, at: Any
    ) -> None:
        commands.move_deal(deal, stages[1], by=Actor(boris), at=at)
        deal.refresh_from_db()
        note = undoing.before_move([deal])
        commands.move_deal(deal, stages[2], force=True, reason="So", by=Actor(boris), at=at)
        undoing.unmove_deals(**note, by=Actor(boris), at=at)
        assert not StagePassage.objects.filter(checklist_snapshot__isnull=False).exists()
        back = StagePassage.objects.get(left_at=None)
        assert (back.stage, back.forced_reason, back.left_by) == (stages[1], "", None)

    def test_a_quick_deal_is_exempt_and_owes(
        self, enforced: Any, stages: Any, line: Any, anna: Any, at: Any
    ) -> None:
        quick = commands.create_deal(name="Q", is_quick=True, stage=stages[2], by=Actor(anna), at=at)
        moved = commands.move_deal(quick, stages[3], by=Actor(anna), at=at)
        assert {m.field for m in moved.missing} == {"company"}
        assert quick.passages.count() == 2

    def test_a_deal_doesnt_start_beyond_a_gate(
        self, enforced: Any, stages: Any, anna: Any, boris: Any, at: Any
    ) -> None:
        new: dict[str, Any] = {"name": "Late", "stage": stages[3], "first_task": NewTask("call", "Call", at)}
        with pytest.raises(Refused) as refused:
            commands.create_deal(**new, by=Actor(anna), at=at)
        assert refused.value.code == "stage_gate"
        assert not Deal.objects.exists()
        made = commands.create_deal(
            **new, force=True, reason="Came with a signed order", by=Actor(boris), at=at
        )
        assert Event.objects.filter(kind="deal.gate_forced").count() == 1
        assert made.missing

    def test_many_deals_are_judged_each_and_moved_all_or_none(
        self, enforced: Any, stages: Any, deal: Any, line: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        task = NewTask("call", "Call", at)
        ready = commands.create_deal(name="Ready", pipeline=line, first_task=task, by=Actor(anna), at=at)
        ready = fill(ready, anna, at)
        with pytest.raises(Refused) as refused:
            commands.move_deals([deal.pk, ready.pk], stages[2], by=Actor(anna), at=at)
        assert refused.value.code == "stage_gate"
        assert Deal.objects.filter(stage=stages[2]).count() == 0
        assert commands.move_deals([ready.pk], stages[2], by=Actor(anna), at=at) == 1
        ids = [deal.pk, ready.pk]
        assert commands.move_deals(ids, stages[3], force=True, reason="Fair", by=Actor(dora), at=at) == 2
        forced = StagePassage.objects.exclude(forced_reason="")
        assert {(p.deal_id, p.stage.name) for p in forced} == {
            (deal.pk, "Qualified"), (deal.pk, "Offer sent"), (ready.pk, "Offer sent"),
        }  # fmt: skip

    def test_completing_a_task_with_a_move(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        task = deal.tasks.get()
        more = {"next_task": NewTask("call", "Again", at + dt.timedelta(days=3))}
        with pytest.raises(Refused):
            commands.complete_task(task, move_to=stages[2], **more, by=Actor(anna), at=at)
        task.refresh_from_db()
        assert task.is_open
        fill(deal, anna, at)
        commands.complete_task(task, move_to=stages[2], **more, by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.stage == stages[2]

    def test_a_detour_by_another_pipeline_or_a_loss_is_no_way_past(
        self, enforced: Any, stages: Any, deal: Any, pipeline: Any, anna: Any, at: Any
    ) -> None:
        commands.change_pipeline(deal, pipeline, by=Actor(anna), at=at)
        with pytest.raises(Refused) as refused:
            commands.change_pipeline(deal, enforced, stage=stages[3], by=Actor(anna), at=at)
        assert refused.value.code == "stage_gate"
        commands.change_pipeline(deal, enforced, by=Actor(anna), at=at)
        commands.lose_deal(deal, "price", by=Actor(anna), at=at)
        task = NewTask("call", "Again", at)
        with pytest.raises(Refused) as again:
            commands.reopen_deal(deal, stage=stages[3], next_task=task, by=Actor(anna), at=at)
        assert again.value.code == "stage_gate"
        commands.reopen_deal(deal, next_task=task, by=Actor(anna), at=at)

    def test_a_file_isnt_held_up_and_the_debt_is_kept(
        self, enforced: Any, stages: Any, deal: Any, dora: Any, at: Any
    ) -> None:
        change = DealChange(deal.pk, {"stage": stages[2].pk})
        updating.update_deals([change], by=Actor(dora, via="import:1"), at=at)
        left = deal.passages.get(left_at__isnull=False)
        assert len(left.checklist_snapshot) == 4

    def test_winning_needs_amount_and_contact_and_keeps_the_rest_as_not_confirmed(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        with pytest.raises(Refused) as refused:
            commands.win_deal(deal, by=Actor(anna), at=at)
        assert codes(refused.value) == {("amount", "required"), ("contacts", "required")}
        filled = fill(deal, anna, at)
        tick = CriterionTick.objects.get()
        commands.tick_criterion(filled, tick.criterion_id, False, by=Actor(anna), at=at)
        won = commands.win_deal(filled, by=Actor(anna), at=at)
        last = won.passages.get(exit="won")
        assert {m["code"] for m in last.checklist_snapshot} == {"criterion_not_confirmed", "field_required"}
        assert {m.field.split(".")[0] for m in won.missing} == {"criteria", "company"}

    def test_merging_a_stage_asks_no_gate(
        self, enforced: Any, stages: Any, deal: Any, dora: Any, anna: Any, at: Any
    ) -> None:
        commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
        assert stage_commands.remove_stage(stages[1], into=stages[2], by=Actor(dora), at=at) == 1
        deal.refresh_from_db()
        assert deal.stage == stages[2]
        assert {c.name: c.find() for c in checks if c.find()} == {}


class TestModes:
    def test_warning_lets_through_and_tells(
        self, line: Any, stages: Any, deal: Any, anna: Any, at: Any
    ) -> None:
        moved = commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        assert len(moved.missing) == 4
        left = StagePassage.objects.get(stage=stages[1])
        assert (len(left.checklist_snapshot), left.forced_reason, left.exit) == (4, "", "skipped_over")

    def test_off_says_nothing(self, line: Any, stages: Any, deal: Any, anna: Any, dora: Any, at: Any) -> None:
        commands.set_gate_mode(line, "off", by=Actor(dora), at=at)
        moved = commands.move_deal(deal, stages[3], by=Actor(anna), at=at)
        assert moved.missing == ()

    def test_before_its_day_enforcing_only_warns(
        self, line: Any, stages: Any, deal: Any, anna: Any, admin: Any, at: Any
    ) -> None:
        day = at.date() + dt.timedelta(days=2)
        commands.set_gate_mode(line, "enforce", starts_on=day, is_confirmed=True, by=Actor(admin), at=at)
        commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        with pytest.raises(Refused):
            commands.move_deal(deal, stages[3], by=Actor(anna), at=at + dt.timedelta(days=2))

    def test_only_an_administrator_enforces_and_says_so_twice(
        self, line: Any, anna: Any, dora: Any, admin: Any, at: Any
    ) -> None:
        with pytest.raises(Forbidden):
            commands.set_gate_mode(line, "off", by=Actor(anna), at=at)
        with pytest.raises(Forbidden):
            commands.set_gate_mode(line, "enforce", is_confirmed=True, by=Actor(dora), at=at)
        with pytest.raises(Refused) as refused:
            commands.set_gate_mode(line, "enforce", by=Actor(admin), at=at)
        assert refused.value.code == "confirmation_required"


class TestWayBack:
    def test_its_owner_says_why(
        self, line: Any, stages: Any, deal: Any, anna: Any, boris: Any, at: Any
    ) -> None:
        commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        with pytest.raises(Refused) as refused:
            commands.move_deal(deal, stages[0], by=Actor(anna), at=at)
        assert refused.value.code == "reason_required"
        with pytest.raises(Refused):
            commands.move_deals([deal.pk], stages[0], by=Actor(anna), at=at)
        commands.move_deal(deal, stages[1], reason="They changed the scope", by=Actor(anna), at=at)
        assert Event.objects.get(kind="deal.back_explained").payload["reason"] == "They changed the scope"
        commands.move_deal(deal, stages[0], by=Actor(boris), at=at)

    def test_where_only_managers_may(
        self, line: Any, stages: Any, deal: Any, anna: Any, boris: Any, dora: Any, at: Any
    ) -> None:
        pipelines.edit_pipeline(line, {"allow_back_own": False}, by=Actor(dora), at=at)
        commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        with pytest.raises(Forbidden):
            commands.move_deal(deal, stages[0], reason="So", by=Actor(anna), at=at)
        commands.lose_deal(deal, "price", by=Actor(anna), at=at)
        task = NewTask("call", "Again", at)
        with pytest.raises(Forbidden):
            commands.reopen_deal(deal, stage=stages[0], reason="So", next_task=task, by=Actor(anna), at=at)
        commands.reopen_deal(deal, stage=stages[0], next_task=task, by=Actor(boris), at=at)


class TestDefining:
    def test_what_stays_keeps_its_ticks(
        self, line: Any, stages: Any, deal: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        need = StageCriterion.objects.get(text="The need is confirmed")
        commands.tick_criterion(deal, need, by=Actor(anna), at=at)
        given = [
            NewCriterion("A new one"),
            NewCriterion("The need is confirmed"),
            NewCriterion(check="contacts", number=3),
        ]
        commands.set_gate(stages[1], criteria=given, fields=[NewField("source")], by=Actor(dora), at=at)
        assert CriterionTick.objects.get().criterion_id == need.pk
        with pytest.raises(NotFound):
            commands.tick_criterion(
                deal, StageCriterion.objects.get(check_name="contacts"), by=Actor(anna), at=at
            )
        moved = commands.move_deal(deal, stages[2], by=Actor(anna), at=at)
        assert {m.field.split(".")[0] for m in moved.missing} == {"criteria", "contacts", "source"}

    def test_what_is_wrong_is_refused(self, stages: Any, anna: Any, dora: Any, at: Any) -> None:
        for criteria, fields in [
            ([NewCriterion(check="nonsense")], []),
            ([NewCriterion(" ")], []),
            ([NewCriterion("A"), NewCriterion("a")], []),
            ([NewCriterion(check="contacts", number=99)], []),
            ([], [NewField("nonsense")]),
            ([], [NewField("amount", not_past=True)]),
        ]:
            with pytest.raises(Invalid):
                commands.set_gate(stages[0], criteria=criteria, fields=fields, by=Actor(dora), at=at)
        with pytest.raises(Forbidden):
            commands.set_gate(stages[0], criteria=[], fields=[], by=Actor(anna), at=at)

    def test_ones_own_fields(
        self, enforced: Any, stages: Any, deal: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        area = create_field(entity="deal", name="Hall area", kind="number", by=Actor(dora), at=at)
        commands.set_gate(
            stages[0], criteria=[], fields=[NewField(f"custom.{area.slug}")], by=Actor(dora), at=at
        )
        with pytest.raises(Refused) as refused:
            commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
        assert [(e.field, e.code) for e in refused.value.errors] == [
            (f"custom.{area.slug}", "field_required")
        ]
        assert "Hall area" in str(refused.value.errors[0].message)
        commands.edit_deal(deal, {"custom": {area.slug: "12"}}, by=Actor(anna), at=at)
        commands.move_deal(deal, stages[1], by=Actor(anna), at=at)

    def test_every_check_can_be_asked(
        self, line: Any, stages: Any, deal: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        commands.set_gate(
            stages[0],
            criteria=[NewCriterion(check=name) for name in CHECKS],
            fields=[],
            by=Actor(dora),
            at=at,
        )
        moved = commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
        told = {m.check for m in moved.missing}
        answered = {name for name, c in CHECKS.items() if set(c.facts) - {"today"} <= facts_given()}
        assert told == answered - {
            "next_task",
            "contacts_in_line",
        }  # the latter while its own rule is enforced


class TestSpecialist:
    def test_a_stage_hands_the_deal_to_whom_it_belongs(
        self, line: Any, stages: Any, deal: Any, anna: Any, carla: Any, dora: Any, at: Any
    ) -> None:
        stage_commands.edit_stage(stages[1], {"specialist": carla.pk}, by=Actor(dora), at=at)
        commands.move_deal(deal, stages[1], by=Actor(anna), at=at)
        deal.refresh_from_db()
        assert deal.owner == carla
        assert deal.tasks.get().assignee == carla
        assert [p.owner for p in deal.owner_periods.order_by("id")] == [anna, carla]
        assert {c.name: c.find() for c in checks if c.find()} == {}


class TestCost:
    def test_a_gate_costs_a_move_one_query_and_none_where_nothing_is_asked(
        self, line: Any, stages: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        """The ordinary move is on a bar of its own."""

        def cost(name: str) -> int:
            task = NewTask("call", "Call", at)
            made = commands.create_deal(
                name=name, stage=stages[1], is_quick=False, first_task=task, by=Actor(anna), at=at
            )
            with CaptureQueriesContext(connection) as seen:
                commands.move_deal(made, stages[2], by=Actor(anna), at=at)
            return len(seen)

        cost("first")
        warned = cost("warned")
        commands.set_gate_mode(line, "off", by=Actor(dora), at=at)
        off = cost("off")
        commands.set_gate(stages[1], criteria=[], fields=[], by=Actor(dora), at=at)
        commands.set_gate(stages[2], criteria=[], fields=[], by=Actor(dora), at=at)
        commands.set_gate_mode(line, "warn", by=Actor(dora), at=at)
        assert cost("nothing asked") == off
        assert warned == off + 1
