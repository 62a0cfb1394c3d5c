"""Help from above: the supervisor gets a task with the deal, whoever asks by whichever road."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, NotFound, Refused
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.models import Deal, LossReason
from takt.sales.deals.queries.people import supervisors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Quay crane",
        amount="1000",
        currency=settings.TAKT_CURRENCY,
        is_quick=True,
        by=Actor(anna),
        at=at,
    )


def test_the_nearest_lead_gets_a_task_with_the_deal(
    deal: Deal, anna: Any, boris: Any, dora: Any, carla: Any, at: dt.datetime
) -> None:
    assert supervisors_of(deal, besides=anna) == [boris, dora]
    task = commands.ask_for_help(deal, "Come along to the price talk", by=Actor(anna), at=at)
    assert (task.assignee_id, task.deal_id, task.due_at) == (boris.pk, deal.pk, at + dt.timedelta(days=1))
    assert Event.objects.get(kind="deal.help_asked").payload["task"] == task.pk
    named = commands.ask_for_help(deal, "Call their director", dora.email, by=Actor(boris), at=at)
    assert named.assignee_id == dora.pk
    deal.refresh_from_db()
    assert deal.next_task is not None and deal.owner_id == anna.pk


def test_nobody_who_does_not_see_the_deal_is_asked(
    deal: Deal, anna: Any, boris: Any, carla: Any, person: Any, at: dt.datetime
) -> None:
    stranger = person("serge", role="lead", team="south")
    for supervisor in (stranger, carla, anna, 10**20, "nobody@x.example"):
        with pytest.raises(Invalid) as refused:
            commands.ask_for_help(deal, "Help", supervisor, by=Actor(anna), at=at)
        assert refused.value.errors[0].field == "supervisor"
    with pytest.raises(NotFound):
        commands.ask_for_help(deal, "Help", boris, by=Actor(carla), at=at)
    with pytest.raises(Invalid):
        commands.ask_for_help(deal, " ", boris, by=Actor(anna), at=at)
    assert not Task.objects.filter(assignee=boris).exists()


def test_a_closed_deal_asks_for_nothing(deal: Deal, anna: Any, boris: Any, at: dt.datetime) -> None:
    reason = LossReason.objects.filter(needs_comment=False, is_system=False)[0]
    commands.lose_deal(deal, reason, by=Actor(anna), at=at)
    with pytest.raises(Refused):
        commands.ask_for_help(deal, "Help", by=Actor(anna), at=at)


def test_the_dialog_keeps_what_was_typed_and_programs_ask_too(
    deal: Deal, anna: Any, boris: Any, carla: Any, client_of: Any, api_of: Any
) -> None:
    page = client_of(anna)
    assert "Boris" in page.get(f"/deals/{deal.pk}/help").content.decode()
    typed = {"question": "<b>Price</b>", "supervisor": boris.pk, "step_due": "when it suits"}
    answer = page.post(f"/deals/{deal.pk}/help", typed)
    assert answer.status_code == 422 and "&lt;b&gt;Price&lt;/b&gt;" in answer.content.decode()
    page.post(f"/deals/{deal.pk}/help", typed | {"step_due": "2026-03-05T10:00"})
    assert Task.objects.get(assignee=boris).title == "<b>Price</b>"
    assert client_of(carla).get(f"/deals/{deal.pk}/help").status_code == 404
    assert api_of(anna).post(f"/deals/{deal.pk}/help", {"question": "Visit them with me"}).status_code == 200
    assert api_of(carla).post(f"/deals/{deal.pk}/help", {"question": "Visit"}).status_code == 404
    assert Task.objects.filter(assignee=boris).count() == 2
