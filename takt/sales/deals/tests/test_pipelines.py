"""Pipelines and stages: order, norms, and that no deal is lost when a stage goes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, Refused, Stale
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask, choices, pipelines
from takt.sales.deals.commands import stages as stage_commands
from takt.sales.deals.models import Deal, DealType, LossReason, Pipeline, Stage, StagePassage, StageTotal
from takt.sales.deals.rules_pipelines import placed

pytestmark = pytest.mark.django_db


def assert_sound() -> None:
    assert {c.name: c.find() for c in checks if c.find()} == {}


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


def made(user: Any, at: dt.datetime, name: str, **more: Any) -> Deal:
    new = {"amount": "1000", "currency": "EUR", "first_task": NewTask("call", "Call Ilse", at)} | more
    return commands.create_deal(name=name, by=Actor(user), at=at, **new)


def names(pipeline: Any) -> list[str]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position").values_list("name", flat=True))


class TestRules:
    @pytest.mark.parametrize(
        ("one", "place", "order"),
        [(3, 0, [3, 1, 2]), (1, 2, [2, 3, 1]), (2, 1, [1, 2, 3]), (1, 99, [2, 3, 1])],
    )
    def test_placed(self, one: int, place: int, order: list[int]) -> None:
        assert placed([1, 2, 3], one, place) == order


class TestOrder:
    def test_a_stage_moves_and_deals_stay_in_it(self, stages: Any, anna: Any, dora: Any, at: Any) -> None:
        deal = made(anna, at, "Racking", stage=stages[1])
        before = names(stages[0].pipeline)
        stage_commands.place_stage(stages[1], 3, by=Actor(dora), at=at)
        assert names(stages[0].pipeline) == [before[0], before[2], before[3], before[1], *before[4:]]
        deal.refresh_from_db()
        assert deal.stage == stages[1]
        assert deal.max_stage_position == 4
        assert_sound()

    def test_a_stale_version_is_refused(self, stages: Any, dora: Any, at: Any) -> None:
        stage_commands.edit_stage(stages[0], {"probability": 7}, version=1, by=Actor(dora), at=at)
        with pytest.raises(Stale):
            stage_commands.edit_stage(stages[0], {"probability": 9}, version=1, by=Actor(dora), at=at)
        with pytest.raises(Stale):
            stage_commands.place_stage(stages[0], 2, version=1, by=Actor(dora), at=at)
        with pytest.raises(Stale):
            pipelines.edit_pipeline(stages[0].pipeline, {"name": "X"}, version=9, by=Actor(dora), at=at)

    def test_pipelines_have_an_order(self, pipeline: Any, dora: Any, at: Any) -> None:
        stage = [{"name": "New", "probability": 10}]
        rental = commands.create_pipeline(name="Rental", stages=stage, by=Actor(dora), at=at)
        pipelines.place_pipeline(rental, 0, by=Actor(dora), at=at)
        assert list(Pipeline.objects.order_by("position")) == [rental, pipeline]
        assert Event.objects.get(kind="pipeline.edited").payload["changes"] == [
            {"field": "place", "old": 2, "new": 1}
        ]

    def test_a_rep_may_change_nothing(self, stages: Any, anna: Any, at: Any) -> None:
        for call in (
            lambda: stage_commands.place_stage(stages[0], 1, by=Actor(anna), at=at),
            lambda: pipelines.place_pipeline(stages[0].pipeline, 1, by=Actor(anna), at=at),
            lambda: stage_commands.remove_stage(stages[0], into=stages[1], by=Actor(anna), at=at),
            lambda: choices.edit_deal_type(1, {"name": "X"}, by=Actor(anna), at=at),
            lambda: choices.add_loss_reason(name="X", by=Actor(anna), at=at),
        ):
            with pytest.raises(Forbidden):
                call()


class TestRetiring:
    def test_the_last_active_pipeline_stays(self, pipeline: Any, dora: Any, at: Any) -> None:
        with pytest.raises(Refused) as refusal:
            commands.edit_pipeline(pipeline, {"is_active": False}, by=Actor(dora), at=at)
        assert refusal.value.code == "last_pipeline"

    def test_another_one_may_go_and_come_back(self, pipeline: Any, dora: Any, at: Any) -> None:
        commands.create_pipeline(name="Rental", stages=[{"name": "New"}], by=Actor(dora), at=at)
        assert not commands.edit_pipeline(pipeline, {"is_active": False}, by=Actor(dora), at=at).is_active
        assert commands.edit_pipeline(pipeline, {"is_active": True}, by=Actor(dora), at=at).is_active


class TestRemoving:
    def test_an_empty_stage_goes_and_comes_back_where_it_stood(
        self, stages: Any, dora: Any, at: Any, client_of: Any
    ) -> None:
        before = names(stages[0].pipeline)
        browser = client_of(dora)
        browser.post(f"/settings/stages/{stages[2].pk}/remove", {"version": stages[2].version})
        assert names(stages[0].pipeline) == [*before[:2], *before[3:]]
        page = browser.get(f"/settings/pipelines/{stages[0].pipeline_id}").content.decode()
        undo = page.split("/undo/")[1][:36]
        assert browser.post(f"/undo/{undo}").status_code == 302
        assert names(stages[0].pipeline) == before
        assert Stage.objects.get(pk=stages[2].pk).probability == stages[2].probability

    def test_a_stage_in_use_asks_for_another(self, stages: Any, anna: Any, dora: Any, at: Any) -> None:
        made(anna, at, "Racking", stage=stages[1])
        with pytest.raises(Refused) as refusal:
            commands_remove(stages[1], None, dora, at)
        assert (refusal.value.code, refusal.value.errors[0].field) == ("stage_in_use", "into")
        with pytest.raises(Invalid):
            commands_remove(stages[1], stages[1].pk, dora, at)

    def test_a_stage_of_another_pipeline_takes_nothing(self, stages: Any, dora: Any, at: Any) -> None:
        other = commands.create_pipeline(name="Rental", stages=[{"name": "New"}], by=Actor(dora), at=at)
        with pytest.raises(Invalid):
            commands_remove(stages[1], other.stages.get().pk, dora, at)

    def test_the_last_stage_stays(self, dora: Any, at: Any) -> None:
        only = commands.create_pipeline(name="Rental", stages=[{"name": "New"}], by=Actor(dora), at=at)
        with pytest.raises(Refused) as refusal:
            commands_remove(only.stages.get(), None, dora, at)
        assert refusal.value.code == "last_stage"

    @pytest.mark.parametrize("into", [0, 3])
    def test_merging_loses_no_deal(self, into: int, stages: Any, anna: Any, dora: Any, at: Any) -> None:
        later = at + dt.timedelta(days=3)
        gone, target = stages[1], stages[into]
        person = NewPerson("Ilse van Rottum", phone="+31 10 555 0142")
        waiting = [
            made(anna, at, f"Open {n}", stage=gone, probability=n * 30 or None, currency=c)
            for n, c in enumerate(["EUR", "USD", "EUR"])
        ]
        been = made(anna, at, "Went on", stage=gone)
        commands.move_deal(been.pk, stages[4], by=Actor(anna), at=later)
        won = made(anna, at, "Won", stage=gone, new_person=person)
        commands.win_deal(won.pk, by=Actor(anna), at=later)
        binned = made(anna, at, "Binned", stage=gone)
        commands.delete_deals([binned.pk], by=Actor(via="timer"), at=later)
        deals = Deal.objects.count()

        moved = commands_remove(gone, target.pk, dora, later + dt.timedelta(days=1))

        assert moved == 3
        assert Deal.objects.count() == deals
        assert not Stage.objects.filter(pk=gone.pk).exists()
        assert not StagePassage.objects.filter(stage=gone.pk).exists()
        assert not StageTotal.objects.filter(stage=gone.pk).exists()
        for deal in waiting:
            deal.refresh_from_db()
            assert deal.stage == target
            assert Event.objects.filter(
                kind="deal.moved", subjects__kind="deal", subjects__object_id=deal.pk
            ).exists()
            passages = list(StagePassage.objects.filter(deal=deal).order_by("entered_at", "id"))
            assert passages[0].stage == target
            assert (passages[-1].stage, passages[-1].left_at) == (target, None)
        assert set(Deal.objects.filter(name__in=["Won", "Binned"]).values_list("stage", flat=True)) == {
            target.pk
        }
        been.refresh_from_db()
        assert (been.stage, been.max_stage_position) == (stages[4], 5)
        sums = StageTotal.objects.filter(stage=target, currency="EUR").get()
        assert (sums.deals, sums.amount, sums.overridden) == (2, Decimal(2000), Decimal(1000))
        fact = Event.objects.get(kind="stage.merged").payload
        assert (fact["into"], fact["deals"]) == (target.pk, 3)
        assert_sound()

    def test_a_merged_stage_leaves_no_trace_in_how_far_deals_came(
        self, stages: Any, anna: Any, dora: Any, at: Any
    ) -> None:
        deal = made(anna, at, "Racking", stage=stages[5])
        commands_remove(stages[5], stages[2].pk, dora, at + dt.timedelta(days=1))
        deal.refresh_from_db()
        assert deal.max_stage_position == 3

    def test_the_deal_goes_on_afterwards(self, stages: Any, anna: Any, dora: Any, at: Any) -> None:
        deal = made(anna, at, "Racking", stage=stages[1])
        commands_remove(stages[1], stages[3].pk, dora, at + dt.timedelta(days=1))
        commands.move_deal(deal.pk, stages[5], by=Actor(anna), at=at + dt.timedelta(days=2))
        page_rows = StagePassage.objects.filter(deal=deal, left_at=None)
        assert page_rows.get().stage == stages[5]
        assert_sound()


def commands_remove(stage: Stage, into: Any, user: Any, at: dt.datetime) -> int:
    return stage_commands.remove_stage(stage, into=into, by=Actor(user), at=at)


class TestLists:
    def test_a_type_is_renamed_placed_and_retired(self, pipeline: Any, dora: Any, at: Any) -> None:
        upsell = DealType.objects.get(name="Upsell")
        choices.edit_deal_type(upsell.pk, {"name": "Cross-sale", "is_active": False}, by=Actor(dora), at=at)
        choices.place_deal_type(upsell.pk, 0, by=Actor(dora), at=at)
        first = DealType.objects.order_by("position").first()
        assert first is not None
        assert (first.name, first.is_active) == ("Cross-sale", False)
        with pytest.raises(Invalid):
            choices.edit_deal_type(upsell.pk, {"name": "sale"}, by=Actor(dora), at=at)

    def test_a_reason_is_added_with_a_name_for_programs(self, pipeline: Any, dora: Any, at: Any) -> None:
        one = choices.add_loss_reason(name="Bad timing", needs_comment=True, by=Actor(dora), at=at)
        two = choices.add_loss_reason(name="Нет склада", by=Actor(dora), at=at)
        three = choices.add_loss_reason(name="Нет людей", by=Actor(dora), at=at)
        assert [r.slug for r in (one, two, three)] == ["bad_timing", "reason", "reason_2"]
        assert one.needs_comment

    def test_takts_own_reason_and_the_last_one_stay(self, pipeline: Any, dora: Any, at: Any) -> None:
        own = LossReason.objects.get(is_system=True)
        with pytest.raises(Forbidden):
            choices.edit_loss_reason(own.pk, {"name": "X"}, by=Actor(dora), at=at)
        *others, last = LossReason.objects.filter(is_system=False)
        for reason in others:
            choices.edit_loss_reason(reason.pk, {"is_active": False}, by=Actor(dora), at=at)
        with pytest.raises(Refused) as refusal:
            choices.edit_loss_reason(last.pk, {"is_active": False}, by=Actor(dora), at=at)
        assert refusal.value.code == "last_reason"
