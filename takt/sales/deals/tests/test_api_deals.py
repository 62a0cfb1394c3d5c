"""Deals and pipelines through the API."""

from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_company
from takt.sales.deals.models import Deal, LossReason, Stage

pytestmark = pytest.mark.django_db
STEP = {"type": "call", "title": "Call Ilse about the drawing", "due_at": "2030-01-07T09:30:00Z"}
NEW = {"name": "Cold store racking", "amount": "86000.50", "currency": "EUR", "first_task": STEP}


def test_create_read_edit_delete_restore(pipeline: Any, anna: Any, admin: Any, api_of: Any) -> None:
    api = api_of(anna)
    made = api.post("/deals", {**NEW, "new_company": "Frisia", "new_person": {"name": "Ilse"}})
    assert made.status_code == 201, made.json()
    deal = made.json()
    assert made.headers["Location"] == f"/api/v1/deals/{deal['id']}"
    assert (deal["name"], deal["amount"], deal["currency"]) == ("Cold store racking", "86000.50", "EUR")
    assert (deal["status"], deal["owner"], len(deal["contacts"])) == ("open", anna.pk, 1)
    assert deal["company"] and deal["next_task"] and deal["closed_at"] is None
    one = api.get(f"/deals/{deal['id']}")
    assert {field: one.json()[field] for field in deal} == deal
    assert one.headers["ETag"] == f'"{deal["version"]}"'
    changed = api.patch(f"/deals/{deal['id']}", {"amount": "90000"}, If_Match=f'"{deal["version"]}"')
    assert changed.json()["amount"] == "90000.00"
    late = api.patch(f"/deals/{deal['id']}", {"amount": "1"}, If_Match=f'"{deal["version"]}"')
    assert late.status_code == 412
    assert api_of(admin).delete(f"/deals/{deal['id']}").status_code == 204
    assert api.get(f"/deals/{deal['id']}").status_code == 404
    assert api.post(f"/deals/{deal['id']}/restore").status_code == 403
    back = api_of(admin).post(f"/deals/{deal['id']}/restore")
    assert back.json()["next_task"] == deal["next_task"]


def test_next_step_is_needed_unless_quick(pipeline: Any, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    refused = api.post("/deals", {"name": "Racks"})
    assert (refused.status_code, refused.json()["code"]) == (409, "next_task_required")
    quick = api.post("/deals", {"name": "Racks", "quick": True})
    assert quick.status_code == 201 and quick.json()["next_task"]


def test_owner_by_mail_and_only_within_reach(
    pipeline: Any, anna: Any, boris: Any, carla: Any, api_of: Any
) -> None:
    made = api_of(boris).post("/deals", {**NEW, "owner": anna.email})
    assert made.json()["owner"] == anna.pk
    assert api_of(anna).post("/deals", {**NEW, "owner": carla.email}).status_code == 403
    assert api_of(anna).post("/deals", {**NEW, "owner": "nobody@takt.example"}).status_code == 422


def test_what_is_hidden_is_not_there(pipeline: Any, anna: Any, carla: Any, api_of: Any, at: Any) -> None:
    hidden = create_company(name="Carla's own", owner=carla, by=Actor(carla), at=at)
    assert api_of(anna).post("/deals", {**NEW, "company": hidden.pk}).status_code == 422
    deal = api_of(carla).post("/deals", {**NEW, "company": hidden.pk}).json()
    for method, path in (("get", ""), ("post", "/win"), ("delete", "")):
        assert getattr(api_of(anna), method)(f"/deals/{deal['id']}{path}").status_code == 404
    assert api_of(anna).get("/deals").json()["items"] == []


def test_unknown_fields_are_refused(pipeline: Any, anna: Any, api_of: Any) -> None:
    assert api_of(anna).post("/deals", {**NEW, "colour": "red"}).status_code == 422
    assert api_of(anna).get("/deals?colour=red").status_code == 422


def test_move_lose_reopen_win(pipeline: Any, anna: Any, boris: Any, api_of: Any) -> None:
    api = api_of(anna)
    deal = api.post("/deals", {**NEW, "new_person": {"name": "Ilse"}}).json()
    here = f"/deals/{deal['id']}"
    last = Stage.objects.filter(pipeline=pipeline).order_by("-position")[0]
    moved = api.post(f"{here}/move", {"stage": last.pk, "version": deal["version"]}).json()
    assert moved["stage"] == last.pk
    assert api.post(f"{here}/move", {"stage": last.pk, "version": deal["version"]}).json()["code"] == "stale"
    reason = LossReason.objects.filter(is_system=False, needs_comment=False).first()
    assert api.post(f"{here}/lose", {}).status_code == 422
    lost = api.post(f"{here}/lose", {"reason": reason.slug, "comment": "Too dear"}).json()
    assert (lost["status"], lost["loss_reason"], lost["next_task"]) == ("lost", reason.slug, None)
    assert api.post(f"{here}/move", {"stage": deal["stage"]}).json()["code"] == "already_closed"
    assert api.post(f"{here}/reopen", {}).json()["code"] == "next_task_required"
    nothing = api.client.post(f"/api/v1{here}/reopen", content_type="application/json")
    assert nothing.json()["code"] == "next_task_required"
    assert api.post(f"{here}/reopen", {"next_task": STEP}).json()["status"] == "open"
    assert api.post(f"{here}/win").json()["status"] == "won"
    assert api.post(f"{here}/win").json()["code"] == "already_closed"
    assert api.post(f"{here}/reopen", {"next_task": STEP}).status_code == 403
    assert api_of(boris).post(f"{here}/reopen", {"next_task": STEP}).json()["status"] == "open"


def test_winning_names_what_is_missing(pipeline: Any, anna: Any, api_of: Any) -> None:
    deal = api_of(anna).post("/deals", {"name": "Racks", "quick": True}).json()
    refused = api_of(anna).post(f"/deals/{deal['id']}/win", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_gate")
    assert {e["field"] for e in refused.json()["errors"]} == {"amount", "contacts"}


def test_list_filters_sorts_and_counts(pipeline: Any, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    for amount in ("100", "300", "200"):
        api.post("/deals", {**NEW, "amount": amount})
    got = api.get("/deals?sort=-amount&limit=2&count=true&amount__gte=100&owner=me&status=open").json()
    assert [d["amount"] for d in got["items"]] == ["300.00", "200.00"]
    assert got["total"] == 3 and got["next_cursor"]
    rest = api.get(
        f"/deals?sort=-amount&limit=2&amount__gte=100&owner=me&status=open&cursor={got['next_cursor']}"
    )
    assert [d["amount"] for d in rest.json()["items"]] == ["100.00"]


def test_list_takes_as_many_queries_for_few_as_for_many(
    pipeline: Any, anna: Any, api_of: Any, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    api = api_of(anna)
    counts = []
    for more in (3, 30):
        for i in range(more):
            api.post("/deals", {**NEW, "name": f"Deal {i}", "new_person": {"name": f"Person {i} of {more}"}})
        with CaptureQueriesContext(connection) as seen:
            api.get("/deals?limit=200")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert Deal.objects.count() == 33


def test_pipelines_and_stages(pipeline: Any, anna: Any, admin: Any, api_of: Any) -> None:
    listed = api_of(anna).get("/pipelines").json()["items"]
    assert [p["id"] for p in listed] == [pipeline.pk]
    assert [s["position"] for s in listed[0]["stages"]] == sorted(s["position"] for s in listed[0]["stages"])
    new = {"name": "Service", "stages": [{"name": "Asked", "probability": 20}]}
    assert api_of(anna).post("/pipelines", new).status_code == 403
    made = api_of(admin).post("/pipelines", new).json()
    stage = api_of(admin).post("/stages", {"pipeline": made["id"], "name": "Offered"}).json()
    changed = api_of(admin).patch(f"/stages/{stage['id']}", {"probability": 60})
    assert changed.json()["probability"] == 60
    assert len(api_of(anna).get(f"/stages?pipeline={made['id']}").json()["items"]) == 2
    renamed = api_of(admin).patch(f"/pipelines/{made['id']}", {"name": "Repairs"})
    assert renamed.json()["name"] == "Repairs"
    assert api_of(anna).get("/pipelines/999999999999999999999").status_code == 404
