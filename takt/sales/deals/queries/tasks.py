"""Reads for the pages and the API of tasks and notes."""

from typing import Any

from django.db.models import QuerySet

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.sales.activities.models import Note, Task, TaskType
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal, LossReason

PANEL_OPEN, PANEL_DONE = 50, 5


def task_types() -> list[TaskType]:
    return list(TaskType.objects.filter(is_active=True).order_by("position", "id"))


def loss_reasons() -> list[LossReason]:
    """The reasons a person may choose."""
    return list(LossReason.objects.filter(is_active=True, is_system=False).order_by("position", "id"))


def colleagues(user: User) -> list[tuple[int, str]]:
    """Who a task can be handed to."""
    return list(User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name")[:500])


def shown_task(pk: int, user: User) -> Task:
    """A visible task with all that its page names, in one query."""
    if not 0 < pk < 2**63:
        raise NotFound
    rows = Task.objects.visible_to(user).select_related(
        "type", "deal", "company", "contact", "assignee", "done_by", "next_task"
    )
    task = rows.filter(pk=pk).first()
    if task is None:
        raise NotFound
    return task


def may_change(task: Task, user: User, act: str = "edit") -> bool:
    return Task.objects.visible_to(user, act).filter(pk=task.pk).exists()


def has_other_open_task(task: Task) -> bool:
    """Whether the deal has another step planned, so that this one may end without a next."""
    if task.deal_id is None:
        return True
    return Task.objects.alive().open().filter(deal_id=task.deal_id).exclude(pk=task.pk).exists()


def panel(parent: Any, kind: str, user: User) -> tuple[list[Task], list[Task]]:
    """A record's open tasks by time, and the last that were done."""
    # A company shows the tasks of its deals too: they carry the company themselves.
    rows = Task.objects.visible_to(user).filter(**{kind: parent}).select_related("type", "assignee", "deal")
    return (
        list(rows.open().order_by("due_at", "id")[:PANEL_OPEN]),
        list(rows.filter(status=Task.Status.DONE).order_by("-done_at", "-id")[:PANEL_DONE]),
    )


def parent_of(kind: str, pk: Any, user: User) -> Any:
    """The visible deal, company or contact that a task or note is to belong to."""
    model: Any = {"deal": Deal, "company": Company, "contact": Contact}[kind]
    return model.objects.found(pk, by=user)


def notes_visible_to(user: User) -> QuerySet[Note]:
    """Notes on the records that the person sees."""
    return Note.objects.visible_to(user)
