"""The queue of focused work as it stands now, in a constant number of queries."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.sales.activities.commands.focus import MOST_TASKS, stretch
from takt.sales.activities.models import FocusBlock, FocusItem, Task, TaskType
from takt.sales.contacts.models import Contact
from takt.sales.deals.models import DealContact
from takt.sales.deals.queries.day_rows import ONE_DAY, doing_for, midnight, planned_of


@dataclass(frozen=True)
class Queue:
    """A block with its tasks: what waits in its turn, what left it and how."""

    block: FocusBlock
    waiting: list[FocusItem]
    done: list[FocusItem]
    moved: list[FocusItem]
    elsewhere: list[FocusItem]
    seconds: int

    @property
    def current(self) -> FocusItem | None:
        return self.waiting[0] if self.waiting else None

    @property
    def following(self) -> FocusItem | None:
        return self.waiting[1] if len(self.waiting) > 1 else None

    @property
    def total(self) -> int:
        return len(self.done) + len(self.moved) + len(self.waiting)

    @property
    def place(self) -> int:
        return len(self.done) + len(self.moved) + 1

    @property
    def minutes(self) -> int:
        return self.seconds // 60

    @property
    def done_by_type(self) -> list[tuple[str, str, int]]:
        counted = Counter((i.task.type.icon, i.task.type.name) for i in self.done)
        return [(icon, name, n) for (icon, name), n in counted.most_common()]


def queue_of(user: User, at: dt.datetime) -> Queue | None:
    """The person's open block; a task that was ended, handed over or hidden meanwhile isn't served."""
    block = FocusBlock.objects.filter(user=user, ended_at=None).first()
    if block is None:
        return None
    rows = FocusItem.objects.filter(block=block).select_related("task__type")
    rows = rows.order_by("position", "pk")
    mine = set(
        Task.objects.visible_to(user, "edit").filter(pk__in=rows.values("task")).values_list("pk", flat=True)
    )
    parts: dict[str, list[FocusItem]] = {"waiting": [], "done": [], "moved": [], "elsewhere": []}
    for item in rows:
        task = item.task
        is_open = task.is_open and task.pk in mine
        if item.left == FocusItem.Left.MOVED:
            part = "moved"
        elif is_open:  # also one whose completion was taken back
            part = "waiting"
        else:
            part = "done" if item.left == FocusItem.Left.DONE else "elsewhere"
        # What isn't seen any more isn't named either.
        if task.pk in mine or part in ("done", "elsewhere"):
            parts[part].append(item)
    spent = sum(i.seconds for part in parts.values() for i in part) + stretch(block.counted_from, at)
    return Queue(block, seconds=spent, **parts)


@dataclass(frozen=True)
class Choice:
    """A queue that the day offers."""

    key: str
    name: str
    icon: str
    count: int


def offered(user: User, at: dt.datetime) -> tuple[list[Choice], int]:
    """Today's open tasks by type, and how many there are in all."""
    counted = dict(_of_today(user, at).order_by().values_list("type_id").annotate(n=Count("*")))
    types = TaskType.objects.order_by("position", "id")
    rows = [Choice(t.slug, t.name, t.icon, counted[t.pk]) for t in types if counted.get(t.pk)]
    return rows, sum(counted.values())


def tasks_of_day(user: User, at: dt.datetime, only: str) -> list[int]:
    """Today's open tasks in their order: of one type, the overdue, or all."""
    rows = _of_today(user, at)
    if only == "late":
        rows = rows.filter(due_at__lt=midnight(timezone.localdate(at)))
    elif only:
        rows = rows.filter(type__slug=only)
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:MOST_TASKS])


def _of_today(user: User, at: dt.datetime) -> Any:
    return planned_of(doing_for(user), None, midnight(timezone.localdate(at) + ONE_DAY))


def people_of(task: Task, user: User) -> list[Any]:
    """Whom to call about a task: its own contact, else those of its deal."""
    rows = Contact.objects.visible_to(user).prefetch_related("phones", "emails")
    if task.contact_id:
        return list(rows.filter(pk=task.contact_id))
    if task.deal_id is None:
        return []
    parts = DealContact.objects.filter(deal=task.deal_id).values("contact")
    return list(rows.filter(pk__in=parts).order_by("sort_key", "pk")[:5])
