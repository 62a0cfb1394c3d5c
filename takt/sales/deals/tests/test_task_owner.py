"""A task knows whose its deal is, by whatever road the deal came to somebody else."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.sales.activities.models import Task
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(pipeline: Any, anna: Any, at: dt.datetime) -> Deal:
    task = NewTask(type="call", title="Call", due_at=at + dt.timedelta(hours=1))
    made: Deal = commands.create_deal(name="Racking", first_task=task, by=Actor(anna), at=at)
    commands.create_task(NewTask(type="call", title="Again", due_at=at), deal=made, by=Actor(anna), at=at)
    return made


def owners() -> set[int | None]:
    return set(Task.objects.values_list("deal_owner_id", flat=True))


def test_it_follows_every_change_of_owner(
    deal: Deal, anna: Any, boris: Any, dora: Any, at: dt.datetime
) -> None:
    by = Actor(dora)
    assert owners() == {anna.pk}
    commands.assign_deal(deal, boris, by=by, at=at)
    assert owners() == {boris.pk}
    commands.assign_deals([deal.pk], anna, by=by, at=at)
    assert owners() == {anna.pk}


def test_a_colleague_sees_the_task_of_his_deal_that_another_does(
    deal: Deal, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    task = Task.objects.order_by("pk")[0]
    assert not Task.objects.visible_to(carla).filter(pk=task.pk).exists()
    commands.assign_deal(deal, carla, by=Actor(dora), at=at)
    Task.objects.filter(pk=task.pk).update(assignee=anna)
    assert Task.objects.visible_to(carla).filter(pk=task.pk).exists()
    assert Task.objects.visible_to(anna).filter(pk=task.pk).exists()


def test_doctor_finds_one_that_does_not(deal: Deal, boris: Any) -> None:
    Task.objects.update(deal_owner=boris)
    found = {check.name for check in checks if check.find()}
    assert "deals.task_owner" in found
