"""Task primitives. What a task does to its deal is decided in the deals room, which calls these."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused
from takt.kernel.settings.queries import all_values
from takt.sales.activities import events
from takt.sales.activities.models import Task, TaskType
from takt.sales.activities.rules import REVIEW, REVIEW_ENFORCED

MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class NewTask:
    """A next step as given by a person or a program; `type` is a slug, `assignee` a user, his id or e-mail."""

    type: str = "call"
    title: str = ""
    due_at: dt.datetime | None = None
    assignee: Any = None
    body: str = ""
    minutes: int | None = None
    contact: Any = None
    is_all_day: bool = False


def subjects_of(task: Task) -> list[tuple[str, int] | None]:
    """Everything whose timeline shows the task."""
    return [
        ("task", task.pk),
        ("deal", task.deal_id) if task.deal_id else None,
        ("company", task.company_id) if task.company_id else None,
        ("contact", task.contact_id) if task.contact_id else None,
    ]


def assignee_of(given: Any, otherwise: User | None) -> User:
    """The active user meant by an id, an e-mail or a user; refused where there is none."""
    if given is None or given == "":
        found = otherwise
    elif isinstance(given, User):
        found = given
    elif isinstance(given, str) and "@" in given:
        found = User.objects.filter(email__iexact=given.strip()).first()
    else:
        found = (
            User.objects.filter(pk=int(given)).first()
            if str(given).isdigit() and int(given) < 2**63
            else None
        )
    if found is None or not found.is_active:
        checks = Checks()
        checks.wrong("assignee", _("Choose an active user."), "unknown")
        checks.finish()
    assert found is not None
    return found


def _type_of(slug: str, checks: Checks) -> TaskType | None:
    found = TaskType.objects.filter(slug=slug, is_active=True).first()
    if found is None:
        checks.wrong("type", _("There is no such type of task."), "unknown")
    return found


def _due(value: Any, checks: Checks) -> dt.datetime | None:
    if value is None:
        checks.wrong("due_at", _("Say when it is due."), "required")
    elif not isinstance(value, dt.datetime):
        checks.wrong("due_at", _("Enter a date and time."))
    elif not 1900 <= value.year <= 2200:
        checks.wrong("due_at", _("The year must lie between 1900 and 2200."), "out_of_range")
    else:
        return value if timezone.is_aware(value) else timezone.make_aware(value)
    return None


def _minutes(value: Any, checks: Checks) -> int | None:
    if value is None or value == "":
        return None
    if not str(value).isdigit() or int(value) > MOST_MINUTES:
        checks.wrong("minutes", _("Enter minutes, at most a day."), "out_of_range")
        return None
    return int(value)


@command
def plan_task(
    new: NewTask,
    *,
    by: Actor,
    at: dt.datetime,
    deal: Any = None,
    company: Any = None,
    contact: Any = None,
    owner: User | None = None,
) -> Task:
    """Plan a sales action; `owner` is who does it when nobody is named."""
    checks = Checks()
    task_type = _type_of(new.type, checks)
    title = checks.text("title", new.title, most=200, required=True)
    body = checks.text("body", new.body, most=20_000)
    due_at = _due(new.due_at, checks)
    minutes = _minutes(new.minutes, checks)
    checks.finish()
    assert task_type is not None
    assert due_at is not None
    task = Task(
        type=task_type,
        title=title,
        body=body,
        due_at=due_at,
        is_all_day=new.is_all_day,
        minutes=minutes,
        assignee=assignee_of(new.assignee, owner or by.user),
        deal=deal,
        deal_owner_id=getattr(deal, "owner_id", None),
        company=company if company is not None else getattr(deal, "company", None),
        contact=contact,
        via=by.via[:20],
        created_at=at,
        created_by=by.user,
        updated_at=at,
    )
    task.save(force_insert=True)
    fact = events.TaskCreated(
        type=task_type.slug, title=title, due_at=due_at.isoformat(), assignee=task.assignee_id
    )
    record(fact, about=subjects_of(task), by=by, at=at)
    return task


@command
def plan_tasks(
    new: NewTask, targets: Sequence[tuple[Any, User]], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> list[Task]:
    """Plan the same action with many companies; each of `targets` is one and who does it there."""
    checks = Checks()
    task_type = _type_of(new.type, checks)
    title = checks.text("title", new.title, most=200, required=True)
    body = checks.text("body", new.body, most=20_000)
    due_at = _due(new.due_at, checks)
    minutes = _minutes(new.minutes, checks)
    checks.finish()
    assert task_type is not None
    assert due_at is not None
    tasks = Task.objects.bulk_create(
        [
            Task(
                type=task_type, title=title, body=body, due_at=due_at, is_all_day=new.is_all_day, minutes=minutes,
                assignee=assignee, company=company, via=by.via[:20], created_at=at, created_by=by.user, updated_at=at,
            )
            for company, assignee in targets
        ],
        batch_size=1000,
    )  # fmt: skip
    for task in tasks:
        fact = events.TaskCreated(
            type=task_type.slug, title=title, due_at=due_at.isoformat(), assignee=task.assignee_id
        )
        record(fact, about=subjects_of(task), by=by, at=at, batch=batch)
    return tasks


def is_strict_review(task: Task, by: Actor) -> bool:
    """Whether a person ends a review while the firm enforces that it counts only with a note and a next step."""
    return (
        task.type.slug == REVIEW
        and by.user is not None
        and not by.is_historic
        and all_values()["pace.overrun"] == REVIEW_ENFORCED
    )


def _must_be_open(task: Task) -> None:
    if not task.is_open:
        raise Refused(_("This task is already closed."), code="already_closed")


@command
def finish_task(
    task: Task, *, result: str, outcome: str = "", minutes: int | None = None, by: Actor, at: dt.datetime
) -> None:
    """Mark as done with what happened."""
    _must_be_open(task)
    checks = Checks()
    result = checks.text("result", result, most=20_000)
    outcome = checks.text("outcome", outcome, most=20)
    minutes = _minutes(minutes, checks)
    if not result and is_strict_review(task, by):
        checks.wrong(
            "result", _("Write what holds the deal up. A review counts only with a note."), "required"
        )
    checks.finish()
    task.status, task.done_at, task.done_by = Task.Status.DONE, at, by.user
    task.result, task.outcome = result, outcome
    if minutes is not None:
        task.minutes = minutes
    touched(task, at)
    task.save(
        update_fields=[
            "status",
            "done_at",
            "done_by",
            "result",
            "outcome",
            "minutes",
            "version",
            "updated_at",
        ]
    )
    fact = events.TaskCompleted(
        type=task.type.slug,
        title=task.title,
        outcome=outcome,
        result=result,
        is_on_time=at <= task.due_at,
        minutes=task.minutes,
    )
    record(fact, about=subjects_of(task), by=by, at=at)


@command
def drop_task(task: Task, *, reason: str, by: Actor, at: dt.datetime) -> None:
    """Cancel a task that won't be done."""
    _must_be_open(task)
    checks = Checks()
    reason = checks.text("reason", reason, most=200)
    if not reason and is_strict_review(task, by):
        checks.wrong("reason", _("Say why this review isn't needed."), "required")
    checks.finish()
    task.status, task.cancel_reason = Task.Status.CANCELLED, reason
    touched(task, at)
    task.save(update_fields=["status", "cancel_reason", "version", "updated_at"])
    fact = events.TaskCancelled(type=task.type.slug, title=task.title, reason=reason)
    record(fact, about=subjects_of(task), by=by, at=at)


@command
def move_task(task: Task, *, due_at: dt.datetime, by: Actor, at: dt.datetime) -> None:
    """Give an open task another time; how often is counted."""
    _must_be_open(task)
    checks = Checks()
    new = _due(due_at, checks)
    checks.finish()
    assert new is not None
    old, task.due_at = task.due_at, new
    if old == new:
        return
    task.reschedules += 1
    touched(task, at)
    task.save(update_fields=["due_at", "reschedules", "version", "updated_at"])
    fact = events.TaskRescheduled(title=task.title, old=old.isoformat(), new=new.isoformat())
    record(fact, about=subjects_of(task), by=by, at=at)


@command
def hand_over_task(task: Task, *, assignee: Any, by: Actor, at: dt.datetime) -> None:
    """Give an open task to somebody else; a done one tells who did it."""
    _must_be_open(task)
    new = assignee_of(assignee, None)
    old = task.assignee_id
    if old == new.pk:
        return
    task.assignee = new
    touched(task, at)
    task.save(update_fields=["assignee", "version", "updated_at"])
    record(
        events.TaskReassigned(title=task.title, old=old, new=new.pk), about=subjects_of(task), by=by, at=at
    )


@command
def reopen_done_task(task: Task, *, by: Actor, at: dt.datetime) -> None:
    """Take a done or cancelled task up again (undo)."""
    if task.is_open:
        raise Refused(_("This task is open."), code="not_closed")
    task.status, task.done_at, task.done_by = Task.Status.OPEN, None, None
    task.result = task.outcome = task.cancel_reason = ""
    touched(task, at)
    task.save(
        update_fields=[
            "status", "done_at", "done_by", "result", "outcome", "cancel_reason", "version", "updated_at",
        ]
    )  # fmt: skip
    record(events.TaskReopened(title=task.title), about=subjects_of(task), by=by, at=at)


@command
def amend_task(task: Task, changes: dict[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Change an open task's type, title, text or length."""
    _must_be_open(task)
    checks = Checks()
    noted: list[dict[str, object]] = []
    cleaned: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "title":
            cleaned[field] = checks.text("title", value, most=200, required=True)
        elif field == "body":
            cleaned[field] = checks.text("body", value, most=20_000)
        elif field == "minutes":
            cleaned[field] = _minutes(value, checks)
        elif field == "type":
            cleaned[field] = _type_of(str(value), checks)
        else:
            checks.wrong(field, _("This field can't be changed here."), "unknown_field")
    checks.finish()
    for field, value in cleaned.items():
        old = getattr(task, field)
        if old != value:
            shown = [str(v) if isinstance(v, models.Model) else v for v in (old, value)]
            noted.append({"field": field, "old": shown[0], "new": shown[1]})
            setattr(task, field, value)
    if not noted:
        return
    touched(task, at)
    task.save(update_fields=[*cleaned, "version", "updated_at"])
    record(events.TaskEdited(title=task.title, changes=noted), about=subjects_of(task), by=by, at=at)


TYPE_NAMES = {
    "en": ["Call", "E-mail", "Messenger", "LinkedIn", "Meeting", "Task"],
    "ru": ["Звонок", "Письмо", "Мессенджер", "LinkedIn", "Встреча", "Задача"],
    "zh-hans": ["电话", "邮件", "即时消息", "领英", "见面", "任务"],
}
_TYPES = [
    ("call", "phone", True, 10),
    ("email", "mail", True, 10),
    ("messenger", "message-circle", True, 5),
    ("linkedin", "brand-linkedin", True, 5),
    ("meeting", "calendar-event", True, 60),
    ("task", "checkbox", False, 30),
]


@command
def install_task_types(*, language: str, by: Actor, at: dt.datetime) -> None:
    """The six types of task, named in the organisation's language."""
    rows = [
        TaskType(
            slug=slug, name=name, icon=icon, counts_as_action=counts, default_minutes=minutes, position=i
        )
        for i, ((slug, icon, counts, minutes), name) in enumerate(
            zip(_TYPES, TYPE_NAMES[language], strict=True)
        )
    ]
    TaskType.objects.bulk_create(rows, ignore_conflicts=True)
