"""Tasks and notes through the API."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.commands import NewPerson, NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
NEXT = {"type": "email", "title": "Send Ilse the drawing", "due_at": "2030-01-07T09:30:00Z"}


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Cold store racking",
        amount="86000",
        currency="EUR",
        new_company="Frisia Frozen Foods",
        new_person=NewPerson("Ilse van Rottum", phone="+31 10 555 0142"),
        first_task=NewTask("call", "Call Ilse about hall temperatures", at),
        by=Actor(anna),
        at=at,
    )


def test_create_read_edit_delete(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    made = api.post("/tasks", {**NEXT, "deal": deal.pk, "body": "Both halls"})
    assert made.status_code == 201
    task = made.json()
    assert made.headers["Location"] == f"/api/v1/tasks/{task['id']}"
    assert (task["type"], task["status"], task["deal"], task["company"]) == (
        "email",
        "open",
        deal.pk,
        deal.company_id,
    )
    assert task["assignee"] == anna.pk
    one = api.get(f"/tasks/{task['id']}")
    assert one.headers["ETag"] == '"1"'
    changed = api.patch(f"/tasks/{task['id']}", {"title": "Send Ilse both drawings"}, If_Match='"1"')
    assert changed.json()["title"] == "Send Ilse both drawings"
    assert api.patch(f"/tasks/{task['id']}", {"title": "Late"}, If_Match='"1"').status_code == 412
    assert api.delete(f"/tasks/{task['id']}").status_code == 204
    assert api.get(f"/tasks/{task['id']}").status_code == 404


def test_assignee_by_email(deal: Deal, anna: Any, boris: Any, api_of: Any) -> None:
    made = api_of(anna).post("/tasks", {**NEXT, "deal": deal.pk, "assignee": boris.email})
    assert made.json()["assignee"] == boris.pk
    assert api_of(anna).post("/tasks", {**NEXT, "assignee": "nobody@takt.example"}).status_code == 422


def test_completing_needs_what_follows(deal: Deal, anna: Any, api_of: Any) -> None:
    api, pk = api_of(anna), deal.next_task_id
    refused = api.post(f"/tasks/{pk}/complete", {"result": "Reached her"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "next_task_required"
    done = api.post(
        f"/tasks/{pk}/complete",
        {"result": "Reached her", "outcome": "reached", "minutes": 12, "next_task": NEXT},
    )
    assert done.status_code == 200
    assert (done.json()["status"], done.json()["result"], done.json()["minutes"]) == (
        "done",
        "Reached her",
        12,
    )
    deal.refresh_from_db()
    assert deal.next_task.title == NEXT["title"]
    again = api.post(f"/tasks/{pk}/complete", {"next_task": NEXT})
    assert (again.status_code, again.json()["code"]) == (409, "already_closed")


def test_completing_with_a_snooze_or_the_end(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date().isoformat()
    body = {"result": "In May", "snooze_until": until, "snooze_reason": "Budget from May"}
    assert api.post(f"/tasks/{deal.next_task_id}/complete", body).status_code == 200
    deal.refresh_from_db()
    assert deal.snoozed_until.isoformat() == until
    won = api.post(f"/tasks/{deal.next_task_id}/complete", {"close_deal": {"status": "won"}})
    assert won.status_code == 200
    deal.refresh_from_db()
    assert deal.status == "won"


def test_the_result_says_why_the_deal_is_put_off(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date().isoformat()
    path = f"/tasks/{deal.next_task_id}/complete"
    assert api.post(path, {"snooze_until": until}).status_code == 422
    assert api.post(path, {"result": "Budget from May", "snooze_until": until}).status_code == 200
    deal.refresh_from_db()
    assert (deal.snoozed_until.isoformat(), deal.snooze_reason) == (until, "Budget from May")


def test_only_one_may_follow(deal: Deal, anna: Any, api_of: Any) -> None:
    body = {"next_task": NEXT, "close_deal": {"status": "won"}}
    assert api_of(anna).post(f"/tasks/{deal.next_task_id}/complete", body).status_code == 422


def test_cancel_and_reschedule(deal: Deal, anna: Any, api_of: Any) -> None:
    api, pk = api_of(anna), deal.next_task_id
    moved = api.post(f"/tasks/{pk}/reschedule", {"due_at": "2030-02-01T10:00:00+01:00"})
    assert moved.json()["due_at"] == "2030-02-01T09:00:00Z"
    assert api.post(f"/tasks/{pk}/cancel", {"reason": "Away"}).json()["code"] == "next_task_required"
    assert (
        api.post(f"/tasks/{pk}/cancel", {"reason": "Away", "next_task": NEXT}).json()["status"] == "cancelled"
    )


def test_lists_filters_and_rights(deal: Deal, anna: Any, carla: Any, api_of: Any) -> None:
    api = api_of(anna)
    found = api.get("/tasks?status=open&overdue=true&count=true").json()
    assert [t["id"] for t in found["items"]] == [deal.next_task_id]
    assert found["total"] == 1
    assert api.get(f"/tasks?deal={deal.pk}&type=email").json()["items"] == []
    assert api.get("/tasks?colour=red").status_code == 422
    other = api_of(carla)
    assert other.get("/tasks").json()["items"] == []
    assert other.get(f"/tasks/{deal.next_task_id}").status_code == 404
    assert other.post(f"/tasks/{deal.next_task_id}/complete", {"next_task": NEXT}).status_code == 404
    assert other.patch(f"/tasks/{deal.next_task_id}", {"title": "Mine now"}).status_code == 404
    assert other.post("/tasks", {**NEXT, "deal": deal.pk}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {**NEXT, "colour": "red"},
        {"title": "No due time at all"},
        {**NEXT, "type": "pigeon"},
        {**NEXT, "title": ""},
        {**NEXT, "title": "x" * 300},
        {**NEXT, "minutes": -5},
        {**NEXT, "deal": 2**70},
        {**NEXT, "assignee": [1]},
        {**NEXT, "due_at": "0001-01-01T00:00:00Z"},
    ],
)
def test_bad_input_is_422(body: dict[str, Any], deal: Deal, anna: Any, api_of: Any) -> None:
    before = Task.objects.count()
    assert api_of(anna).post("/tasks", body).status_code == 422
    assert Task.objects.count() == before


def test_read_only_token_writes_nothing(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna, is_read_only=True)
    assert api.post(f"/tasks/{deal.next_task_id}/complete", {"next_task": NEXT}).status_code == 403
    assert api.get("/tasks").status_code == 200


def test_same_key_same_task(deal: Deal, anna: Any, api_of: Any) -> None:
    api = api_of(anna)
    first = api.post("/tasks", {**NEXT, "deal": deal.pk}, Idempotency_Key="k1")
    second = api.post("/tasks", {**NEXT, "deal": deal.pk}, Idempotency_Key="k1")
    assert first.json()["id"] == second.json()["id"]


def test_notes(deal: Deal, anna: Any, carla: Any, api_of: Any) -> None:
    api = api_of(anna)
    made = api.post("/notes", {"deal": deal.pk, "body": "Halls at -24"})
    assert made.status_code == 201
    pk = made.json()["id"]
    assert api.get(f"/notes?deal={deal.pk}").json()["items"][0]["body"] == "Halls at -24"
    assert api.post("/notes", {"body": "About nothing"}).status_code == 422
    other = api_of(carla)
    assert other.get("/notes").json()["items"] == []
    assert other.get(f"/notes/{pk}").status_code == 404
    assert other.delete(f"/notes/{pk}").status_code == 404
    assert api.delete(f"/notes/{pk}").status_code == 204
    assert api.get(f"/notes/{pk}").status_code == 404
