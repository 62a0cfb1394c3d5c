"""Stage gates for programs: 409 stage_gate names all that is missing, force needs a right and a reason."""

from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: Any) -> Deal:
    return commands.create_deal(
        name="Racking", first_task=NewTask("call", "Call Ilse", at), by=Actor(anna), at=at
    )


@pytest.fixture
def enforced(pipeline: Any, admin: Any, at: Any) -> Any:
    return commands.set_gate_mode(pipeline, "enforce", is_confirmed=True, by=Actor(admin), at=at)


def test_a_refused_move_names_everything(
    enforced: Any, stages: Any, deal: Any, anna: Any, boris: Any, api_of: Any
) -> None:
    api = api_of(anna)
    answer = api.post(f"/deals/{deal.pk}/move", {"stage": stages[1].pk})
    assert answer.status_code == 409
    told = answer.json()
    assert told["code"] == "stage_gate"
    fields = {e["field"].split(".")[0] for e in told["errors"]}
    assert fields == {"company", "source", "criteria", "contacts"}
    assert {e["code"] for e in told["errors"]} == {
        "field_required", "criterion_not_confirmed", "criterion_not_met",
    }  # fmt: skip
    forced = {"stage": stages[1].pk, "force": True, "reason": "A known customer"}
    assert api.post(f"/deals/{deal.pk}/move", forced).status_code == 403
    assert api_of(boris).post(f"/deals/{deal.pk}/move", forced | {"reason": " "}).status_code == 422
    moved = api_of(boris).post(f"/deals/{deal.pk}/move", forced)
    assert moved.status_code == 200, moved.json()
    assert moved.json()["stage"] == stages[1].pk
    assert len(moved.json()["missing"]) == 6
    rows = api_of(boris).get("/gate-passings?kind=forced").json()["items"]
    assert [(r["deal"], r["reason"], r["by"]) for r in rows] == [(deal.pk, "A known customer", boris.pk)]
    assert api_of(anna).get("/gate-passings?kind=warned").json()["items"] == []


def test_a_warning_is_part_of_the_answer(stages: Any, deal: Any, anna: Any, carla: Any, api_of: Any) -> None:
    moved = api_of(anna).post(f"/deals/{deal.pk}/move", {"stage": stages[1].pk}).json()
    assert moved["stage"] == stages[1].pk
    assert len(moved["missing"]) == 6
    back = api_of(anna).post(f"/deals/{deal.pk}/move", {"stage": stages[0].pk})
    assert (back.status_code, back.json()["code"]) == (409, "reason_required")
    told = {"stage": stages[0].pk, "reason": "It was too early"}
    assert api_of(anna).post(f"/deals/{deal.pk}/move", told).status_code == 200
    assert api_of(carla).post(f"/deals/{deal.pk}/move", told).status_code == 404
    assert len(api_of(anna).get("/gate-passings").json()["items"]) == 1
    assert api_of(carla).get("/gate-passings").json()["items"] == []


def test_what_a_deal_lacks_and_confirming_it(
    stages: Any, deal: Any, anna: Any, carla: Any, api_of: Any
) -> None:
    api = api_of(anna)
    gate = api.get(f"/deals/{deal.pk}/gate").json()
    assert gate["mode"] == "warn"
    assert len(gate["missing"]) == 6
    criterion = api.get(f"/stages/{stages[0].pk}/gate").json()["criteria"][0]
    assert criterion["text"] == "The company fits the profile of our best customers"
    path = f"/deals/{deal.pk}/criteria/{criterion['id']}"
    assert len(api.post(path, {"is_met": True}).json()["missing"]) == 5
    assert len(api.post(path, {"is_met": False}).json()["missing"]) == 6
    assert api_of(carla).post(path, {"is_met": True}).status_code == 404
    assert api.post(f"/deals/{deal.pk}/criteria/999999", {}).status_code == 404
    assert len(api.get(f"/deals/{deal.pk}/gate?stage={stages[3].pk}").json()["missing"]) > 6


def test_gates_are_set_by_who_edits_pipelines(
    stages: Any, deal: Any, anna: Any, dora: Any, admin: Any, api_of: Any
) -> None:
    path = f"/stages/{stages[0].pk}/gate"
    new = {
        "criteria": [{"text": "Fits"}, {"check": "contacts", "number": 3}],
        "fields": [{"field": "amount"}],
    }
    assert api_of(anna).put(path, new).status_code == 403
    made = api_of(dora).put(path, new).json()
    assert [(c["text"], c["check"], c["number"]) for c in made["criteria"]] == [
        ("Fits", "", None),
        ("", "contacts", 3),
    ]
    bad = {"criteria": [{"check": "nonsense"}], "fields": []}
    assert api_of(dora).put(path, bad).status_code == 422
    mode = f"/pipelines/{stages[0].pipeline_id}/gates"
    assert api_of(dora).post(mode, {"mode": "enforce", "confirmed": True}).status_code == 403
    assert api_of(admin).post(mode, {"mode": "enforce"}).json()["code"] == "confirmation_required"
    preview = api_of(admin).get(f"{mode}/preview").json()
    assert (preview["open"], preview["held"], preview["deals"][0]["deal"]) == (1, 1, deal.pk)
    assert api_of(anna).get(f"{mode}/preview").status_code == 403
    changed = api_of(admin).post(mode, {"mode": "enforce", "confirmed": True}).json()
    assert changed["gate_mode"] == "enforce"
    choices = api_of(anna).get("/gates/choices").json()
    assert {c["name"] for c in choices["checks"]} > {"contacts", "bant"}


def test_completing_a_task_with_a_move(enforced: Any, stages: Any, deal: Any, anna: Any, api_of: Any) -> None:
    path = f"/tasks/{deal.next_task_id}/complete"
    body = {
        "result": "Reached her",
        "next_task": {"type": "call", "title": "Again", "due_at": "2031-03-03T10:00:00Z"},
        "move_to": stages[1].pk,
    }
    refused = api_of(anna).post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_gate")
    assert api_of(anna).post(path, body | {"move_to": stages[0].pk}).status_code == 200


def test_a_pipeline_from_a_template(dora: Any, pipeline: Any, api_of: Any) -> None:
    made = api_of(dora).post("/pipelines", {"name": "Big", "template": "enterprise"}).json()
    assert (made["gate_mode"], len(made["stages"])) == ("warn", 7)
    gate = api_of(dora).get(f"/stages/{made['stages'][2]['id']}/gate").json()
    assert {c["check"] for c in gate["criteria"]} == {"", "bant", "economic_buyer"}
    assert api_of(dora).post("/pipelines", {"name": "Odd", "template": "nonsense"}).status_code == 422
