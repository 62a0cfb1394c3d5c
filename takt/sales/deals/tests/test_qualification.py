"""Need, budget, decision, competitors: what is known, who may write it, and what gates make of it."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.deals import commands
from takt.sales.deals.commands import NewCriterion, NewField, NewTask
from takt.sales.deals.models import Competitor, Deal, DealCompetitor, Qualification, Stage
from takt.sales.deals.queries.qualification import facts_of
from takt.sales.deals.rules_qualification import is_qualified, meddic_share, score_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Racking", amount="1000", currency="EUR", first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at
    )  # fmt: skip


def test_the_shares_of_the_domain_spec() -> None:
    assert round(meddic_share([2, 1, 2, 1, 2, 0]), 4) == 0.6667  # T-MED
    assert score_of({"need": 2, "budget": 1, "authority": 1, "timing": 1}).bant == 5
    assert is_qualified(5, 2)
    assert not is_qualified(4, 2)
    assert not is_qualified(6, 1)
    assert score_of({"metrics": 2, "champion": 2}).meddic_percent == 33


def test_answers_and_texts_are_kept_with_their_history(deal: Deal, anna: Any, at: Any) -> None:
    version = Deal.objects.get(pk=deal.pk).version
    commands.qualify_deal(
        deal.pk,
        {"need": 2, "budget": "1", "metrics": 1, "evidence": {"metrics": "https://x.example/1"}, "need_text": "300 pallets",
         "budget_from": "1000", "budget_to": "2000.50", "timeframe": "by May", "criteria_text": "price, service"},
        by=Actor(anna), at=at,
    )  # fmt: skip
    kept = Qualification.objects.get(deal=deal)
    assert (kept.bant, kept.meddic, kept.need_text, str(kept.budget_to)) == (3, 1, "300 pallets", "2000.50")
    assert Deal.objects.get(pk=deal.pk).version == version + 1
    event = Event.objects.get(kind="deal.qualified")
    assert event.payload["bant"] == 3
    assert {"field": "need", "old": 0, "new": 2} in event.payload["changes"]
    assert {"field": "evidence.metrics", "old": None, "new": "https://x.example/1"} in event.payload[
        "changes"
    ]
    commands.qualify_deal(deal.pk, {"need": 2}, by=Actor(anna), at=at)
    assert Event.objects.filter(kind="deal.qualified").count() == 1
    commands.qualify_deal(deal.pk, {"evidence": {"champion": "Ilse"}}, by=Actor(anna), at=at)
    kept.refresh_from_db()
    assert kept.evidence == {"metrics": "https://x.example/1", "champion": "Ilse"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"need": 3}, "need"),
        ({"need": True}, "need"),
        ({"budget_from": "5", "budget_to": "4"}, "budget_to"),
        ({"nonsense": 1}, "nonsense"),
        ({"evidence": {"need": "x"}}, "evidence.need"),
        ({"evidence": "x"}, "evidence"),
        ({"timeframe": "x" * 121}, "timeframe"),
    ],
)
def test_what_is_no_answer_is_refused(deal: Deal, anna: Any, at: Any, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        commands.qualify_deal(deal.pk, changes, by=Actor(anna), at=at)
    assert [e.field for e in refused.value.errors] == [field]
    assert not Qualification.objects.exists()


def test_who_may_write(deal: Deal, anna: Any, carla: Any, person: Any, at: Any) -> None:
    auditor = person("olga", role="auditor", team=None)
    for write in (
        lambda by: commands.qualify_deal(deal.pk, {"need": 1}, by=by, at=at),
        lambda by: commands.set_competitors(deal.pk, ["Acme"], by=by, at=at),
    ):
        with pytest.raises(NotFound):
            write(Actor(carla))
        with pytest.raises(Forbidden):
            write(Actor(auditor))
    with pytest.raises(Stale):
        commands.qualify_deal(deal.pk, {"need": 1}, by=Actor(anna), at=at, version=99)


def test_competitors_grow_the_list_and_are_named_once(deal: Deal, anna: Any, at: Any) -> None:
    commands.set_competitors(deal.pk, ["Acme ", "ACME", "Регал", ""], by=Actor(anna), at=at)
    assert list(Competitor.objects.order_by("sort_key").values_list("name", flat=True)) == ["Acme", "Регал"]
    assert DealCompetitor.objects.filter(deal=deal).count() == 2
    acme = Competitor.objects.get(name="Acme")
    commands.set_competitors(deal.pk, [acme.pk], by=Actor(anna), at=at)
    assert [r.competitor for r in deal.rivals.all()] == [acme]  # type: ignore[attr-defined]
    event = Event.objects.filter(kind="deal.competitors_set").latest("id")
    assert event.payload == {"old": ["Acme", "Регал"], "new": ["Acme"], "are_none": False}
    with pytest.raises(Invalid):
        commands.set_competitors(deal.pk, ["A"], are_none=True, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        commands.set_competitors(deal.pk, [999999], by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        commands.set_competitors(deal.pk, [f"N{i}" for i in range(21)], by=Actor(anna), at=at)
    commands.set_competitors(deal.pk, [], are_none=True, by=Actor(anna), at=at)
    assert facts_of([deal.pk])[deal.pk]["competitors"] is True
    assert Competitor.objects.count() == 2


def test_gates_read_it(deal: Deal, anna: Any, dora: Any, admin: Any, at: Any) -> None:
    stages = list(Stage.objects.filter(pipeline=deal.pipeline_id).order_by("position"))
    commands.set_gate(
        stages[0],
        criteria=[NewCriterion(check=c) for c in ("bant", "meddic", "competitors")],
        fields=[NewField("need_text"), NewField("budget")],
        by=Actor(dora), at=at,
    )  # fmt: skip
    commands.set_gate_mode(stages[0].pipeline_id, "enforce", is_confirmed=True, by=Actor(admin), at=at)
    with pytest.raises(Refused) as refused:
        commands.move_deal(deal.pk, stages[1].pk, by=Actor(anna), at=at)
    assert len(refused.value.errors) == 5
    commands.qualify_deal(
        deal.pk,
        {"need": 2, "budget": 2, "authority": 1, "metrics": 2, "economic_buyer": 2, "decision_criteria": 2, "champion": 1,
         "need_text": "Racking", "budget_from": "10"},
        by=Actor(anna), at=at,
    )  # fmt: skip
    commands.set_competitors(deal.pk, ["Acme"], by=Actor(anna), at=at)
    commands.move_deal(deal.pk, stages[1].pk, by=Actor(anna), at=at)


def test_programs_read_and_write_it(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    path = f"/deals/{deal.pk}"
    blank = api.get(path).json()["qualification"]
    assert (blank["bant"], blank["competitors"], blank["is_qualified"]) == (0, [], False)
    whole = api.patch(f"{path}/qualification", {"need": 2, "timing": 1, "evidence": {"champion": "Ilse"}})
    assert whole.json()["qualification"]["bant"] == 3
    named = api.put(f"{path}/competitors", {"competitors": ["Acme"]}).json()
    assert named["qualification"]["competitors"] == ["Acme"]
    assert api.get("/deals?bant__gte=3").json()["items"][0]["id"] == deal.pk
    assert api.get("/deals?bant__gte=4").json()["items"] == []
    assert api.get(f"/deals?competitors={Competitor.objects.get().pk}&sort=-meddic").json()["items"]
    assert api.patch(f"{path}/qualification", {"need": 9}).status_code == 422
