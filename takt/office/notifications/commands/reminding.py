"""Reminding clients of meetings (domain spec TK19, N-26)."""

import datetime as dt

from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound
from takt.office.notifications.commands.mailing import new_mail
from takt.office.notifications.commands.telling import notify
from takt.office.notifications.events import ReminderFailed, ReminderRefused, ReminderSent
from takt.office.notifications.models import Mail, MeetingReminder
from takt.sales.activities.commands import subjects_of
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Contact


@command
def remind(task: Task, contact: Contact, address: str, *, is_draft: bool, by: Actor, at: dt.datetime) -> None:
    """Put the client's reminder of a meeting into the post, or before whoever has the meeting as a draft.

    Once for a meeting at a time. Without an address the one who has the meeting is told.
    """
    row, is_new = MeetingReminder.objects.get_or_create(
        task=task, meeting_at=task.due_at, defaults={"contact": contact, "address": address, "created_at": at}
    )
    if not is_new:
        return
    if not address:
        _tell(row, "reminder.no_address", by, at)
    elif is_draft:
        _tell(row, "reminder.draft", by, at)
    else:
        _post(row, by=by, at=at)


@command
def send_reminder(task: int, *, by: Actor, at: dt.datetime) -> MeetingReminder:
    """Send the draft of a reminder; only who may change the task."""
    row = _draft(task, by)
    _post(row, by=by, at=at)
    return row


@command
def refuse_reminder(task: int, *, by: Actor, at: dt.datetime) -> MeetingReminder:
    """Let the draft of a reminder be."""
    row = _draft(task, by)
    row.is_refused = True
    row.save(update_fields=["is_refused"])
    fact = ReminderRefused(contact=row.contact_id, meeting_at=row.meeting_at.isoformat())
    record(fact, about=_about(row), by=by, at=at)
    return row


def _draft(task: int, by: Actor) -> MeetingReminder:
    of = Task.objects.locked(task, by=by)
    row = MeetingReminder.objects.select_for_update().filter(
        task=of, meeting_at=of.due_at, mail=None, is_refused=False
    )
    found = row.exclude(address="").first()
    if found is None or not of.is_open:
        raise NotFound
    return found


def _post(row: MeetingReminder, *, by: Actor, at: dt.datetime) -> None:
    key = f"meeting:{row.task_id}:{int(row.meeting_at.timestamp())}"
    row.mail = new_mail(key, "reminder", due_at=at, by=by, at=at)
    row.save(update_fields=["mail"])


def log_reminder(mail: Mail, *, by: Actor, at: dt.datetime) -> None:
    """What came of a reminder stands on the timelines; what went wrong is told to whoever has the meeting."""
    row = MeetingReminder.objects.select_related("task", "contact").filter(mail=mail).first()
    if row is None or mail.state not in {Mail.State.SENT, Mail.State.FAILED, Mail.State.UNSURE}:
        return
    when, contact = row.meeting_at.isoformat(), row.contact_id
    if mail.state == Mail.State.SENT:
        record(ReminderSent(contact=contact, meeting_at=when), about=_about(row), by=by, at=at)
        return
    is_unsure = mail.state == Mail.State.UNSURE
    fact = ReminderFailed(contact=contact, meeting_at=when, is_unsure=is_unsure)
    record(fact, about=_about(row), by=by, at=at)
    _tell(row, "reminder.unsure" if is_unsure else "reminder.failed", by, at)


def _about(row: MeetingReminder) -> list[tuple[str, int] | None]:
    return [*subjects_of(row.task), ("contact", row.contact_id)]


def _tell(row: MeetingReminder, kind: str, by: Actor, at: dt.datetime) -> None:
    assignee = User.objects.filter(pk=row.task.assignee_id).first()
    seen = (
        Contact.objects.visible_to(assignee).filter(pk=row.contact_id) if assignee else Contact.objects.none()
    )
    client = seen.values_list("name", flat=True).first()
    if client is None:
        return
    notify(
        row.task.assignee_id,
        kind=kind,
        key=f"{kind}:{row.pk}",
        params={"client": client, "task": row.task.title},
        url=f"/tasks/{row.task_id}",
        about=("task", row.task_id),
        by=Actor(via="timer"),
        at=at,
    )
