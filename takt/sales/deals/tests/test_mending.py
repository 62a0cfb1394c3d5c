"""Why a deal was lost and what was done, put right afterwards."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    deal = commands.create_deal(
        name="Racks", amount="5", currency="EUR", is_quick=True, by=Actor(anna), at=at
    )
    return commands.lose_deal(deal.pk, "price", by=Actor(anna), at=at)


def test_correct_loss(
    lost: Deal, anna: Any, carla: Any, person: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    """The reason changes, the deal stays lost as it was; totals by reason follow."""
    by = Actor(anna)
    other = commands.create_deal(name="Open", is_quick=True, by=by, at=at)
    with pytest.raises(Refused):
        commands.correct_loss(other.pk, "price", by=by, at=at)
    with pytest.raises(Invalid):
        commands.correct_loss(lost.pk, "not_recorded", by=by, at=at)
    with pytest.raises(NotFound):
        commands.correct_loss(lost.pk, "price", by=Actor(carla), at=at)
    with pytest.raises(Forbidden):
        commands.correct_loss(lost.pk, "price", by=Actor(person("olga", role="auditor", team=None)), at=at)
    with pytest.raises(Stale):
        commands.correct_loss(lost.pk, "price", comment="x", version=lost.version + 1, by=by, at=at)
    found = commands.correct_loss(
        lost.pk, "competitor", comment="They were faster", competitor="Rival", by=by, at=at
    )
    assert (found.status, found.closed_at, found.loss_reason.slug) == ("lost", lost.closed_at, "competitor")
    commands.correct_loss(lost.pk, "competitor", comment="They were faster", competitor="Rival", by=by, at=at)
    assert Event.objects.filter(kind="deal.loss_corrected").count() == 1
    assert [b for check in checks if check.name.startswith("deals.") for b in check.find()] == []
    browser = client_of(anna)
    assert "They were faster" in browser.get(f"/deals/{lost.pk}/loss").content.decode()
    assert browser.post(f"/deals/{lost.pk}/loss", {"reason": ""}).status_code == 422
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/audit"}
    answer = browser.post(f"/deals/{lost.pk}/loss", {"reason": "price"}, headers=here)
    assert answer.headers["HX-Refresh"] == "true"
    said = api_of(anna).post(f"/deals/{lost.pk}/loss", {"reason": "competitor", "comment": "Faster"})
    assert said.status_code == 200, said.content


def test_describe_action(
    lost: Deal, anna: Any, carla: Any, client_of: Any, api_of: Any, at: dt.datetime
) -> None:
    """A done task is described afterwards; who did it and when stays."""
    by = Actor(anna)
    deal = commands.create_deal(name="Open", is_quick=True, by=by, at=at)
    new = commands.NewTask(type="call", title="Call", due_at=at)
    task = commands.create_task(new, deal=deal.pk, by=by, at=at)
    with pytest.raises(Refused):
        commands.describe_action(task, title="x", result="y", by=by, at=at)
    commands.complete_task(task, result="", by=by, at=at)
    with pytest.raises(NotFound):
        commands.describe_action(task.pk, title="x", result="y", by=Actor(carla), at=at)
    with pytest.raises(Invalid):
        commands.describe_action(task.pk, title=" ", result="y", by=by, at=at)
    later = at + dt.timedelta(days=1)
    commands.describe_action(
        task.pk, title="Asked for the drawings", result="They come on Tuesday", by=by, at=later
    )
    found = Task.objects.get(pk=task.pk)
    assert (found.title, found.result, found.done_at, found.done_by) == (
        "Asked for the drawings", "They come on Tuesday", at, anna,
    )  # fmt: skip
    assert Event.objects.filter(kind="task.described").count() == 1
    browser = client_of(anna)
    assert "They come on Tuesday" in browser.get(f"/tasks/{task.pk}/describe").content.decode()
    assert browser.post(f"/tasks/{task.pk}/describe", {"title": ""}).status_code == 422
    assert browser.post(f"/tasks/{task.pk}/describe", {"title": "Asked", "result": "z"}).status_code == 302
    assert (
        api_of(anna).post(f"/tasks/{task.pk}/describe", {"title": "A", "result": "b"}).json()["result"] == "b"
    )
