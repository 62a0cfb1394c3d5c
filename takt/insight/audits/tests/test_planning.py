"""The weekly ritual: the plan, its sample, its task; what an audit tells; an auditor changes nothing else."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from takt.insight.audits import commands, planned
from takt.insight.audits.commands import (
    confirm_deal,
    end_round,
    finish_audit,
    keep_day,
    plan_week,
    set_round,
    start_planned,
)
from takt.insight.audits.models import PlannedWalk
from takt.insight.audits.queries import audit_before, people_of, reach_for
from takt.insight.audits.rules import seed_of, week_of
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.office.notifications.jobs import tell_of_watched
from takt.office.notifications.models import Notification
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_company, edit_company
from takt.sales.deals import commands as deals
from takt.sales.deals.commands import NewTask

pytestmark = pytest.mark.django_db
TIMER = Actor(via="timer")
WEEK = dt.timedelta(days=7)


@pytest.fixture
def auditor(person: Any) -> Any:
    return person("olga", role="auditor", team=None)


@pytest.fixture
def five(anna: Any, carla: Any, pipeline: Any, at: dt.datetime) -> list[Any]:
    """Four deals of Anna's and one of Carla's."""
    made = [deals.create_deal(name=f"Deal {n}", is_quick=True, by=Actor(anna), at=at) for n in range(4)]
    return [*made, deals.create_deal(name="Of Carla", is_quick=True, by=Actor(carla), at=at)]


def test_plan_week(auditor: Any, anna: Any, carla: Any, five: list[Any], at: dt.datetime) -> None:
    """Each rep with open deals once, with one task; a second run adds nobody; done and left are told."""
    by = Actor(auditor)
    set_round(auditor=auditor, sample=2, by=by, at=at)
    assert plan_week(at.date(), by=TIMER, at=at) == 2
    assert plan_week(at.date(), by=TIMER, at=at) == 0
    rows = {p.person: p for p in planned.plan_of(auditor, at.date())}
    assert set(rows) == {anna.pk, carla.pk}
    assert rows[anna.pk].seed == seed_of(at.date(), anna.pk)
    task = Task.objects.get(assignee=auditor)
    assert (task.title, task.due_at.date()) == ("Audit of the week: 2 people", dt.date(2026, 3, 6))
    first = start_planned(rows[anna.pk].id, by=by, at=at)
    assert start_planned(rows[anna.pk].id, by=by, at=at) == first
    drawn = set(first.deals.values_list("deal", flat=True))
    assert len(drawn) == 2
    again = commands.start_audit(person=anna, sample=2, seed=rows[anna.pk].seed, by=by, at=at)
    assert set(again.deals.values_list("deal", flat=True)) == drawn
    second = start_planned(rows[carla.pk].id, by=by, at=at)
    for session in (first, second):
        assert Task.objects.get(pk=task.pk).is_open
        confirm_deal(session, session.deals.first().deal_id, verdicts={}, by=by, at=at)
        finish_audit(session, by=by, at=at)
    assert not Task.objects.get(pk=task.pk).is_open
    assert planned.week_left(auditor, at.date()) == (2, 2)
    assert planned.plan_of(auditor, week_of((at + WEEK).date())) == []


def test_rounds(
    auditor: Any, anna: Any, boris: Any, dora: Any, teams: Any, five: list[Any], at: dt.datetime
) -> None:
    """One's own, or as a manager another's; a team's reps only, within the auditor's reach."""
    for wrong in (
        {"sample": 0},
        {"sample": 201},
        {"sample": 5, "team": 10**9},
        {"sample": 5, "auditor": anna},
    ):
        with pytest.raises(Invalid):
            set_round(**{"auditor": auditor, **wrong}, by=Actor(dora), at=at)
    with pytest.raises(Forbidden):
        set_round(auditor=auditor, sample=5, by=Actor(boris), at=at)
    with pytest.raises(Forbidden):
        set_round(auditor=anna, sample=5, by=Actor(anna), at=at)
    set_round(auditor=boris, sample=5, by=Actor(boris), at=at)
    row = set_round(auditor=auditor, team=teams["south"], sample=5, by=Actor(dora), at=at)
    assert set_round(auditor=auditor, team=teams["south"], sample=6, by=Actor(dora), at=at).pk == row.pk
    plan_week(at.date(), by=TIMER, at=at)
    assert {(p.auditor.name, p.person.name) for p in PlannedWalk.objects.all()} == {
        ("Boris", "Anna"),
        ("Olga", "Carla"),
    }
    with pytest.raises(Forbidden):
        end_round(row, by=Actor(boris), at=at)
    end_round(row, by=Actor(auditor), at=at)
    with pytest.raises(NotFound):
        end_round(row, by=Actor(auditor), at=at)
    plan_week((at + WEEK).date(), by=TIMER, at=at + WEEK)
    assert PlannedWalk.objects.filter(week=(at + WEEK).date()).count() == 1
    planned_walk = PlannedWalk.objects.get(week=at.date(), auditor=auditor)
    with pytest.raises(NotFound):
        start_planned(planned_walk.pk, by=Actor(boris), at=at)


def test_told_once(auditor: Any, anna: Any, five: list[Any], at: dt.datetime) -> None:
    """All deals of an audit as one notification, looked at twice once, and not again as a task given (N-24)."""
    by = Actor(auditor)
    session = commands.start_audit(person=anna, by=by, at=at)
    for deal in [*five[:3], five[0]]:
        confirm_deal(session, deal.pk, verdicts={"A4": "fail"}, by=by, at=at)
    confirm_deal(
        session,
        five[3].pk,
        verdicts=dict.fromkeys(["A1", "A2", "A3", "A4", "A5", "A6", "A7"], "pass"),
        by=by,
        at=at,
    )
    deliver_all(list(Event.objects.values_list("pk", flat=True)), at=at)
    tell_of_watched(at)
    told = Notification.objects.get(user=anna)
    assert (told.sentence, told.url) == (
        "Olga found something to put right in 3 deals",
        f"/audit/{session.pk}",
    )


def test_report_against_the_one_before(
    auditor: Any, anna: Any, five: list[Any], pipeline: Any, client_of: Any, at: dt.datetime
) -> None:
    by = Actor(auditor)
    stage = pipeline.stages.order_by("position").first()
    found = []
    for verdict, when in (("fail", at), ("pass", at + WEEK)):
        session = commands.start_audit(stage=stage, by=by, at=when)
        checks = dict.fromkeys(["A1", "A2", "A3", "A4", "A5", "A6", "A7"], verdict)
        for deal in (five[0], five[4]):
            confirm_deal(session, deal.pk, verdicts=checks, by=by, at=when)
        found.append(finish_audit(session, by=by, at=when))
    before = audit_before(found[1], at.date())
    assert before is not None
    assert (before.id, before.score) == (found[0].pk, Decimal(0))
    assert [(name, asked, failed) for _pk, name, asked, failed in people_of(found[0])] == [
        ("Anna", 7, 7),
        ("Carla", 7, 7),
    ]
    browser = client_of(auditor)
    assert "points since the audit of" in browser.get(f"/audit/{found[1].pk}").content.decode()
    file = browser.get(f"/audit/{found[0].pk}?export=csv")
    assert "Of Carla" in b"".join(file.streaming_content).decode()


def test_courses(auditor: Any, anna: Any, five: list[Any], at: dt.datetime) -> None:
    """By week, of the last day that was remembered; the change against the week before."""
    commands.judge_all(by=TIMER, at=at)
    weeks = [at.date() - WEEK, at.date()]
    keep_day(at.date() - dt.timedelta(days=1), by=TIMER, at=at)
    deals.lose_deal(five[0].pk, "price", by=Actor(anna), at=at)
    commands.judge_all(by=TIMER, at=at)
    for day in range(2):
        keep_day(at.date() + dt.timedelta(days=day), by=TIMER, at=at)
    total, groups, people = planned.courses(reach_for(auditor), weeks)
    assert [c.name for c in groups] == ["North", "South"]
    assert [c.name for c in people] == ["Anna", "Carla"]
    mine = people[0]
    assert mine.change == mine.weeks[1] - mine.weeks[0] != 0
    assert None not in total.weeks
    assert [c.name for c in planned.courses(reach_for(anna), weeks)[2]] == ["Anna"]


def test_auditor_edits_audits_only(
    auditor: Any, anna: Any, five: list[Any], client_of: Any, at: dt.datetime
) -> None:
    """AU5: an auditor reads everything and changes nothing but audits; a question in a note is open to him."""
    by, deal = Actor(auditor), five[0]
    company = create_company(name="Vermeer", by=Actor(anna), at=at)
    task = Task.objects.filter(deal=deal).get()
    for act in (
        lambda: deals.edit_deal(deal.pk, {"name": "X"}, by=by, at=at),
        lambda: deals.create_deal(name="X", is_quick=True, by=by, at=at),
        lambda: deals.lose_deal(deal.pk, "price", by=by, at=at),
        lambda: deals.create_task(NewTask(type="call", title="X", due_at=at), deal=deal.pk, by=by, at=at),
        lambda: deals.complete_task(task.pk, result="X", by=by, at=at),
        lambda: edit_company(company.pk, {"name": "X"}, by=by, at=at),
    ):
        with pytest.raises(Forbidden):
            act()
    deals.add_note(body="Where are the minutes?", deal=deal.pk, by=by, at=at)  # whoever sees a record may ask
    browser = client_of(auditor)
    for page in (
        f"/deals/{deal.pk}",
        f"/companies/{company.pk}",
        f"/tasks/{task.pk}",
        "/audit",
        "/audit/plan",
    ):
        assert browser.get(page).status_code == 200, page


def test_plan_page(
    auditor: Any,
    anna: Any,
    dora: Any,
    five: list[Any],
    client_of: Any,
    api_of: Any,
    at: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for edge in ("plan_views", "plan_api", "views"):
        monkeypatch.setattr(
            f"takt.insight.audits.{edge}.acting", lambda request: {"by": Actor(request.user), "at": at}
        )
    browser = client_of(auditor)
    assert browser.post("/audit/plan", {"sample": "0"}).status_code == 422
    assert browser.post("/audit/plan", {"sample": "2", "auditor": auditor.pk}).status_code == 303
    page = browser.get("/audit/plan").content.decode()
    assert "Anna" in page
    assert "0 of 2 done" in page
    part = PlannedWalk.objects.get(person=anna)
    assert browser.post(f"/audit/plan/{part.pk}/start").headers["Location"].startswith("/audit/")
    assert client_of(dora).post(f"/audit/plan/{part.pk}/start").status_code == 404
    assert client_of(anna).get("/audit/plan").status_code == 403
    assert "0 of 2" in browser.get("/audit").content.decode()
    program = api_of(auditor)
    found = program.get("/audits/plan?week=2026-03-04").json()
    assert (found["done"], found["left"], found["week"]) == (0, 2, "2026-03-02")
    other = next(i for i in found["items"] if i["audit"] is None)
    assert program.post(f"/audits/plan/{other['id']}/start", {}).json()["audit"]
    made = api_of(dora).post("/audits/rounds", {"auditor": dora.pk, "sample": 3})
    assert made.status_code == 201
    assert [r["sample"] for r in program.get("/audits/rounds").json()["items"]] == [2]
    assert program.delete(f"/audits/rounds/{made.json()['id']}").status_code == 403
    assert api_of(dora).delete(f"/audits/rounds/{made.json()['id']}").status_code == 204
    assert browser.get("/audit/plan?week=x").status_code == 422
