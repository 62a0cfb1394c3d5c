"""The walk: who may, what it makes, that it can be left and taken up, and what its report says."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.audits import queries
from takt.insight.audits.commands import confirm_deal, finish_audit, start_audit
from takt.insight.audits.models import AuditedDeal, AuditSession, AuditVerdict
from takt.kernel.events.commands import deliver_all
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deals(anna: Any, carla: Any, pipeline: Any, at: dt.datetime) -> list[Deal]:
    """Three of Anna's, of which one is lost, and one of Carla's."""
    found = [commands.create_deal(name=f"Deal {n}", is_quick=True, by=Actor(anna), at=at) for n in (1, 2, 3)]
    commands.lose_deal(found[2].pk, "price", by=Actor(anna), at=at)
    return [*found, commands.create_deal(name="Of Carla", is_quick=True, by=Actor(carla), at=at)]


@pytest.fixture
def auditor(person: Any) -> Any:
    return person("olga", role="auditor", team=None)


@pytest.fixture
def walk(auditor: Any, anna: Any, deals: list[Deal], at: dt.datetime) -> AuditSession:
    return start_audit(person=anna, by=Actor(auditor), at=at)


def catch_up(at: dt.datetime) -> None:
    deliver_all(list(Event.objects.values_list("pk", flat=True)), at=at)


def test_start_audit(walk: AuditSession, deals: list[Deal]) -> None:
    """All open deals of the person and those closed in the period, with seven verdicts each."""
    assert {d.deal_id for d in walk.deals.all()} == {d.pk for d in deals[:3]}
    assert AuditVerdict.objects.filter(audited__session=walk).count() == 21
    lost = AuditVerdict.objects.get(audited__deal=deals[2], check_code="A5")
    assert lost.verdict == "pass"
    assert Event.objects.filter(kind="audit.started").count() == 1


def test_start_by_stage_and_sample(auditor: Any, pipeline: Any, deals: list[Deal], at: dt.datetime) -> None:
    stage = pipeline.stages.order_by("position").first()
    by = Actor(auditor)
    every = start_audit(stage=stage, by=by, at=at)
    assert {d.deal_id for d in every.deals.all()} == {deals[0].pk, deals[1].pk, deals[3].pk}
    assert start_audit(stage=stage, sample=2, by=by, at=at).deals.count() == 2


def test_start_is_refused(
    anna: Any, boris: Any, carla: Any, auditor: Any, person: Any, deals: list[Deal], at: dt.datetime
) -> None:
    with pytest.raises(Forbidden):
        start_audit(person=anna, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        start_audit(person=carla, by=Actor(boris), at=at)
    with pytest.raises(Invalid):
        start_audit(by=Actor(auditor), at=at)
    with pytest.raises(Invalid):
        start_audit(person=anna, sample=0, by=Actor(auditor), at=at)
    with pytest.raises(Refused):
        start_audit(person=person("newcomer"), by=Actor(auditor), at=at)
    assert AuditSession.objects.count() == 0


def test_confirm_deal(
    walk: AuditSession, auditor: Any, anna: Any, deals: list[Deal], at: dt.datetime
) -> None:
    """What fails becomes one task of the owner, in two working days; a second look changes that task."""
    deal = deals[0]
    by = Actor(auditor)
    row = confirm_deal(
        walk,
        deal.pk,
        verdicts={"A4": "fail", "A6": "fail"},
        comments={"A4": "No minutes of the visit"},
        by=by,
        at=at,
    )
    assert row.fix_until == dt.date(2026, 3, 4)
    task = Task.objects.get(pk=row.task_id)
    assert (task.assignee, task.deal_id, task.status) == (anna, deal.pk, "open")
    assert "No minutes of the visit" in task.body
    again = confirm_deal(walk, deal.pk, verdicts={"A4": "fail", "A6": "pass"}, by=by, at=at)
    assert again.task_id == task.pk
    assert Task.objects.filter(deal=deal, type__slug="task").count() == 1
    assert AuditSession.objects.get().position == row.position


def test_closed_deal_keeps_no_task(
    walk: AuditSession, auditor: Any, deals: list[Deal], at: dt.datetime
) -> None:
    row = confirm_deal(walk, deals[2].pk, verdicts={"A5": "fail"}, by=Actor(auditor), at=at)
    assert row.task is not None
    assert row.task.deal_id is None


def test_confirm_is_refused(
    walk: AuditSession, auditor: Any, anna: Any, dora: Any, carla: Any, deals: list[Deal], at: dt.datetime
) -> None:
    pk, by = deals[0].pk, Actor(auditor)
    for user, refusal in ((anna, Forbidden), (dora, Forbidden), (carla, NotFound)):
        with pytest.raises(refusal):
            confirm_deal(walk.pk, pk, verdicts={}, by=Actor(user), at=at)
    for wrong in ({"A9": "pass"}, {"A1": "perhaps"}):
        with pytest.raises(Invalid):
            confirm_deal(walk, pk, verdicts=wrong, by=by, at=at)
    with pytest.raises(Invalid):
        confirm_deal(walk, pk, verdicts={}, fix_until=dt.date(2026, 3, 1), by=by, at=at)
    with pytest.raises(NotFound):
        confirm_deal(walk, deals[3].pk, verdicts={}, by=by, at=at)
    with pytest.raises(Refused):
        finish_audit(walk, by=by, at=at)
    assert not AuditedDeal.objects.exclude(looked_at=None).exists()


def test_fixed_in_time_is_no_violation(
    walk: AuditSession, auditor: Any, anna: Any, deals: list[Deal], at: dt.datetime
) -> None:
    """What Takt finds is fixed when it holds, what only the auditor saw when the task is done (Decided 8)."""
    by = Actor(auditor)
    row = confirm_deal(walk, deals[0].pk, verdicts={"A4": "fail"}, by=by, at=at)
    late = dt.date(2026, 3, 9)
    report = queries.report_of(walk, late)
    assert set(report.violated) >= {"A4", "A6"}
    assert queries.report_of(walk, dt.date(2026, 3, 4)).violated == []
    commands.complete_task(row.task, result="Wrote down what was said on the visit", by=Actor(anna), at=at)
    catch_up(at)
    report = queries.report_of(walk, late)
    assert "A4" not in report.violated
    assert "A6" in report.violated
    finish_audit(walk, by=by, at=at)
    with pytest.raises(Refused):
        confirm_deal(walk, deals[1].pk, verdicts={}, by=by, at=at)


def test_pages(
    walk: AuditSession, auditor: Any, anna: Any, boris: Any, carla: Any, deals: list[Deal], client_of: Any,
    at: dt.datetime, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(
        "takt.insight.audits.views.acting", lambda request: {"by": Actor(request.user), "at": at}
    )
    browser = client_of(auditor)
    page = browser.get(f"/audit/{walk.pk}").content.decode()
    assert 'data-turn="7"' in page
    assert "data-key-next" in page
    first = walk.deals.get(position=1)
    url = f"/audit/{walk.pk}/deals/{first.deal_id}"
    refused = browser.post(url, {"A1": "perhaps"})
    assert refused.status_code == 422
    answer = browser.post(url, {"A1": "pass", "A6": "fail", "comment-A6": "No phone"})
    assert answer.headers["Location"] == f"/audit/{walk.pk}?at=2"
    assert f"{2}/3" in browser.get(f"/audit/{walk.pk}").content.decode()  # taken up where it was left
    report = browser.get(f"/audit/{walk.pk}?report").content.decode()
    assert "No phone" in report
    assert browser.post(f"/audit/{walk.pk}/finish").status_code == 302
    # The person audited reads the report; a stranger doesn't know that it exists.
    assert "No phone" in client_of(anna).get(f"/audit/{walk.pk}").content.decode()
    assert client_of(carla).get(f"/audit/{walk.pk}").status_code == 404
    assert client_of(anna).get("/audit/new").status_code == 403
    assert client_of(anna).post(url, {}).status_code == 403
    assert client_of(carla).post(url, {}).status_code == 404


def test_scores_on_pages(
    auditor: Any, anna: Any, boris: Any, carla: Any, deals: list[Deal], client_of: Any, at: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(
        "takt.insight.audits.views.acting", lambda request: {"by": Actor(request.user), "at": at}
    )
    catch_up(at)
    page = client_of(auditor).get("/audit").content.decode()
    assert "Carla" in page
    assert "Deal 1" in page
    mine = client_of(anna).get("/audit").content.decode()
    assert "Carla" not in mine
    assert "Begin an audit" not in mine
    assert client_of(anna).get("/audit?owner=x&team=9&check=B1&rows=9999999").status_code == 200
    assert "My score" in client_of(anna).get("/audit/mine").content.decode()
    assert "My score" not in client_of(boris).get("/audit/mine").content.decode()
    assert "My score" in client_of(anna).get("/audit/rules").content.decode()
    assert "Quality" in client_of(anna).get(f"/audit/deals/{deals[0].pk}").content.decode()
    assert client_of(anna).get(f"/audit/deals/{deals[3].pk}").status_code == 404
    answer = client_of(auditor).post("/audit/new", {"scope": "rep", "person": anna.pk})
    assert answer.status_code == 302
    assert client_of(auditor).post("/audit/new", {"scope": "rep", "person": ""}).status_code == 422
    assert client_of(auditor).get("/audit/new").status_code == 200


def test_mended_in_place(auditor: Any, anna: Any, deals: list[Deal], client_of: Any) -> None:
    """A field filled in from the list of reasons leads back to that list, from elsewhere to the deal."""
    browser = client_of(anna)
    url = f"/deals/{deals[0].pk}/edit"
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/audit?check=A3"}
    answer = browser.post(url, {"about": "Racks for the new hall"}, headers=here)
    assert answer.headers.get("HX-Refresh") == "true", answer.content
    answer = browser.post(url, {"about": "Racks for two halls"}, headers={"HX-Request": "true"})
    assert answer.headers.get("HX-Redirect") == f"/deals/{deals[0].pk}"
