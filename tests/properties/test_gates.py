"""No road passes an enforced gate without a reason that was given for it."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import CriterionTick, Deal, Stage, StageCriterion, StagePassage

pytestmark = pytest.mark.django_db(transaction=False)

ROADS = ("page", "board", "api", "bulk", "list", "task", "advance", "pipeline", "reopen")
steps = st.lists(
    st.tuples(
        st.sampled_from(ROADS),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from(["", "So"]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


class Everything:
    """The ground of one walk: a firm with enforced gates, a deal, and each road there is."""

    def __init__(
        self, people: dict[str, Any], clients: dict[str, Any], stages: list[Stage], at: dt.datetime
    ) -> None:
        self.people, self.clients, self.stages, self.at = people, clients, stages, at

    def take(self, road: str, deal: Deal, stage: Stage, name: str, force: bool, reason: str) -> None:
        by, at = Actor(self.people[name]), self.at
        how: dict[str, Any] = {"force": force, "reason": reason, "by": by, "at": at}
        task = NewTask("call", "Again", at)
        match road:
            case "page" | "board":
                headers = {"Accept": "application/json"} if road == "board" else {}
                body = {"stage": stage.pk, "reason": reason, **({"force": "1"} if force else {})}
                self.clients[name].post(f"/deals/{deal.pk}/move", body, headers=headers)
            case "api":
                body = {"stage": stage.pk, "force": force, "reason": reason}
                self.clients[f"{name} api"].post(f"/deals/{deal.pk}/move", body)
            case "bulk":
                commands.move_deals([deal.pk], stage, **how)
            case "list":
                chosen = {
                    "ids": deal.pk,
                    "stage": stage.pk,
                    "reason": reason,
                    **({"force": "1"} if force else {}),
                }
                self.clients[name].post("/lists/deals/bulk/move", chosen)
            case "task":
                commands.complete_task(deal.next_task_id, next_task=task, move_to=stage, **how)
            case "advance":
                commands.advance_deal(deal.pk, stage, commands.Filled(), **how)
            case "pipeline":
                commands.change_pipeline(deal.pk, self.people["other"], by=by, at=at)
                commands.change_pipeline(deal.pk, stage.pipeline, stage=stage, **how)
            case "reopen":
                commands.lose_deal(deal.pk, "price", by=by, at=at)
                commands.reopen_deal(deal.pk, stage=stage, next_task=task, **how)


def unconfirmed(deal: Deal, before: Stage) -> bool:
    """Whether a criterion of a stage before the one the deal stands in was never confirmed."""
    asked = StageCriterion.objects.filter(
        stage__pipeline=deal.pipeline_id,
        stage__position__gte=before.position,
        stage__position__lt=deal.stage.position,
    )
    return asked.exclude(pk__in=CriterionTick.objects.filter(deal=deal).values("criterion")).exists()


@pytest.fixture
def everything(
    pipeline: Any, anna: Any, boris: Any, admin: Any, dora: Any, client_of: Any, api_of: Any, at: Any
) -> Everything:
    stages: list[dict[str, Any]] = [
        {"name": f"Result {i}", "probability": 10 * i, "criteria": [{"text": f"Thing {i}"}]}
        for i in range(1, 8)
    ]
    line = commands.create_pipeline(name="Rental", stages=stages, by=Actor(dora), at=at)
    commands.set_gate_mode(line, "enforce", is_confirmed=True, by=Actor(admin), at=at)
    clients = {
        "anna": client_of(anna),
        "boris": client_of(boris),
        "anna api": api_of(anna),
        "boris api": api_of(boris),
    }
    people = {"anna": anna, "boris": boris, "other": pipeline}
    return Everything(people, clients, list(Stage.objects.filter(pipeline=line).order_by("position")), at)


@settings(max_examples=40)
@given(walk=steps)
def test_no_road_passes_a_gate_without_a_reason(everything: Everything, walk: list[Any]) -> None:
    with transaction.atomic():
        at = everything.at
        deal = commands.create_deal(
            name="Racking", stage=everything.stages[0], first_task=NewTask("call", "Call", at),
            by=Actor(everything.people["anna"]), at=at,
        )  # fmt: skip
        for road, place, is_manager, reason, force, is_confirmed in walk:
            deal.refresh_from_db()
            before = deal.stage
            if is_confirmed and deal.pipeline_id == before.pipeline_id:
                criterion = StageCriterion.objects.get(stage=before)
                commands.tick_criterion(deal, criterion, by=Actor(everything.people["anna"]), at=at)
            name = "boris" if is_manager else "anna"
            target = everything.stages[place]
            try:
                with transaction.atomic():
                    everything.take(road, deal, target, name, force, reason)
            except Refusal:
                pass
            deal.refresh_from_db()
            is_forward = deal.stage.position > before.position
            if is_forward and unconfirmed(deal, before):
                assert is_manager, road
                assert force, road
                assert reason, road
                assert StagePassage.objects.filter(deal=deal, forced_reason=reason).exists(), road
        transaction.set_rollback(True)
