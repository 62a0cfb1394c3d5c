"""Absence and deputy: the work goes on and is credited to whoever does it; who is responsible stays."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.accounts.commands import deactivate_user
from takt.kernel.accounts.models import Absence, User
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.sales.activities import commands as activities
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import assign_companies, create_company
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def deal(pipeline: Any, anna: Any, now: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Zinc quay crane", amount="1000", currency=settings.TAKT_CURRENCY, company=create_company(name="Quayside BV", owner=anna, by=Actor(anna), at=now), is_quick=True,
        by=Actor(anna), at=now,
    )  # fmt: skip


def again(user: Any) -> Any:
    """The person as the next request loads him."""
    return User.objects.get(pk=user.pk)


def away(
    user: Any, deputy: Any, now: dt.datetime, *, begins: int = -1, ends: int = 3, by: Any = None
) -> Absence:
    today = now.date()
    return activities.record_absence(
        user,
        today + dt.timedelta(days=begins),
        today + dt.timedelta(days=ends),
        deputy,
        by=Actor(by or user),
        at=now,
    )


def test_the_deputy_sees_and_does_the_work_and_is_credited(
    deal: Deal, anna: Any, carla: Any, now: dt.datetime, client_of: Any, api_of: Any
) -> None:
    task = deal.next_task_id
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 404
    away(anna, carla, now)
    stand_in = again(carla)
    page = client_of(carla)
    assert page.get(f"/deals/{deal.pk}").status_code == 200
    assert page.get(f"/tasks/{task}").status_code == 200
    assert page.get(f"/companies/{deal.company_id}").status_code == 200
    assert f"/deals/{deal.pk}" in page.get("/search?q=zinc").content.decode()
    today = page.get("/today").content.decode()
    assert f"/tasks/{task}" in today and "for Anna" in today
    commands.complete_task(
        task, result="Spoke to the buyer about the date", next_task=NewTask("call", "Send the plan", now + dt.timedelta(days=1)),
        by=Actor(stand_in), at=now,
    )  # fmt: skip
    done = Task.objects.get(pk=task)
    assert (done.done_by_id, done.assignee_id) == (carla.pk, anna.pk)
    deal.refresh_from_db()
    assert deal.owner_id == anna.pk and deal.next_task is not None
    assert "Spoke" in page.get(f"/deals/{deal.pk}").content.decode()
    assert not client_of(anna).get("/today").content.decode().count("for Anna")


def test_nothing_of_it_before_after_or_without_the_role(
    deal: Deal, anna: Any, carla: Any, person: Any, now: dt.datetime, client_of: Any
) -> None:
    absence = away(anna, carla, now, begins=2, ends=3)
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 404
    activities.change_absence(absence, {"from_on": now.date()}, by=Actor(anna), at=now)
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 200
    activities.end_absence(absence, by=Actor(anna), at=now)
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 404
    assert again(carla).stands_in_until == now
    reader = person("rita", role="auditor")
    with pytest.raises(Invalid):
        away(anna, reader, now)


def test_the_deputy_hands_nothing_on_and_removes_nothing(
    deal: Deal, anna: Any, carla: Any, now: dt.datetime
) -> None:
    away(anna, carla, now)
    by = Actor(again(carla))
    for take in (
        lambda: commands.assign_deal(deal, carla, by=by, at=now),
        lambda: commands.assign_deals([deal], carla, by=by, at=now),
        lambda: assign_companies([deal.company_id], carla, by=by, at=now),
        lambda: commands.delete_deals([deal.pk], by=by, at=now),
    ):
        with pytest.raises(Forbidden):
            take()
    deal.refresh_from_db()
    assert (deal.owner_id, deal.deleted_at) == (anna.pk, None)
    commands.edit_deal(deal, {"name": "Zinc quay crane, two"}, by=by, at=now)


def test_an_absence_is_ones_own_or_of_ones_people(
    anna: Any, carla: Any, boris: Any, dora: Any, admin: Any, now: dt.datetime, client_of: Any
) -> None:
    with pytest.raises(Forbidden):
        away(anna, carla, now, by=carla)
    made = away(anna, carla, now, by=admin)
    with pytest.raises(Forbidden):  # the deputy knows of it, and doesn't decide
        activities.end_absence(made, by=Actor(again(carla)), at=now)
    assert "Anna" in client_of(carla).get("/settings/absences").content.decode()
    stranger = next(p for p in (boris, dora) if p.role == "rep") if "rep" in {boris.role, dora.role} else None
    if stranger is not None:
        with pytest.raises(NotFound):
            activities.end_absence(made, by=Actor(stranger), at=now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until_on": "2020-01-01"}, "until_on"),
        ({"from_on": "soon"}, "from_on"),
        ({"from_on": None}, "from_on"),
        ({"until_on": "2199-01-01"}, "until_on"),
        ({"deputy": "nobody@x.example"}, "deputy"),
        ({"deputy": "9" * 30}, "deputy"),
        ({"note": "x" * 201}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_input_is_named_and_nothing_changes(
    changes: dict[str, Any], field: str, anna: Any, carla: Any, now: dt.datetime
) -> None:
    made = away(anna, carla, now)
    with pytest.raises(Invalid) as refused:
        activities.change_absence(made, changes, by=Actor(anna), at=now)
    assert field in {problem.field for problem in refused.value.errors}
    assert Absence.objects.get(pk=made.pk).version == 1


def test_no_two_at_once_and_no_deputy_who_is_away(
    anna: Any, carla: Any, boris: Any, admin: Any, now: dt.datetime
) -> None:
    away(anna, carla, now)
    for user, deputy in ((anna, boris), (boris, anna), (carla, boris), (boris, boris)):
        with pytest.raises(Invalid):
            away(user, deputy, now, by=admin)
    away(boris, carla, now, by=admin)
    assert not list(run_checks())


def run_checks() -> Any:
    return [finding for check in checks if check.name == "activities.deputies" for finding in check.find()]


def test_ending_is_taken_back(anna: Any, carla: Any, deal: Deal, now: dt.datetime, client_of: Any) -> None:
    made = away(anna, carla, now)
    page = client_of(anna)
    page.post(f"/settings/absences/{made.pk}/end")
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 404
    token = page.get("/settings/absences").content.decode().split("/undo/")[1][:36]
    page.post(f"/undo/{token}")
    assert client_of(carla).get(f"/deals/{deal.pk}").status_code == 200
    with pytest.raises(Refused):
        activities.end_absence(made, by=Actor(anna), at=now + dt.timedelta(days=9))


def test_a_deputy_who_leaves_stands_in_for_nobody(
    anna: Any, carla: Any, admin: Any, now: dt.datetime
) -> None:
    made = away(anna, carla, now)
    deactivate_user(carla.pk, by=Actor(admin), at=now)
    made.refresh_from_db()
    assert made.deputy_id is None and again(carla).stands_in_until is None
    assert Event.objects.filter(kind="absence.changed").exists()


def test_pages_keep_what_was_typed_and_programs_do_the_same(
    anna: Any, carla: Any, now: dt.datetime, client_of: Any, api_of: Any
) -> None:
    page, today = client_of(anna), now.date()
    typed = {"user": anna.pk, "from_on": today.isoformat(), "until_on": "2020-01-01", "deputy": carla.pk, "note": "<b>Sea</b>"}  # fmt: skip
    answer = page.post("/settings/absences", typed)
    assert answer.status_code == 422 and "&lt;b&gt;Sea&lt;/b&gt;" in answer.content.decode()
    assert page.post("/settings/absences", typed | {"until_on": today.isoformat()}).status_code == 303
    made = Absence.objects.get()
    assert page.get(f"/settings/absences/{made.pk}").status_code == 200
    assert client_of(carla).get(f"/settings/absences/{made.pk}").status_code == 404
    api = api_of(anna)
    (shown,) = api.get("/absences").json()["items"]
    assert (shown["state"], shown["deputy"], shown["until_on"]) == ("now", carla.pk, today.isoformat())
    assert api_of(carla).get("/absences").json()["items"][0]["note"] == ""
    changed = api.patch(f"/absences/{made.pk}", {"deputy": None})
    assert changed.status_code == 200 and changed.json()["deputy"] is None
    assert api.post(f"/absences/{made.pk}/end").json()["state"] in {"over", "cancelled"}
    assert api.patch(f"/absences/{made.pk}", {"note": "x"}).status_code == 409
    assert api.post("/absences", {"user": 10**12, "from_on": "2030-01-01", "until_on": "2030-01-02"}).status_code == 422  # fmt: skip
