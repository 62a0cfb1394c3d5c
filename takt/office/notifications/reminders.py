"""Which clients are to be reminded of which meeting, when, and what the message says."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.settings.queries import all_values
from takt.office.notifications.commands import remind
from takt.office.notifications.models import MeetingReminder
from takt.office.notifications.rules import reminder_at
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Contact, Email

MEETING = "meeting"
NONE, DRAFT = 0, 1
DAY = dt.timedelta(days=1)


def client_of(task: Task) -> Contact | None:
    """Whom the meeting is with: its contact, or the first one of its deal."""
    if task.contact_id is not None:
        return Contact.objects.alive().filter(pk=task.contact_id).first()
    of_deal = Contact.objects.alive().filter(parts__deal=task.deal_id) if task.deal_id else None
    return of_deal.order_by("parts__position", "parts__id").first() if of_deal is not None else None


def address_of(contact: Contact) -> str:
    rows = Email.objects.filter(contact=contact).order_by("position", "id")
    return rows.values_list("address", flat=True).first() or ""


def zone_of_client(contact: Contact) -> ZoneInfo:
    return ZoneInfo(contact.time_zone or settings.TIME_ZONE)


def remind_clients(by: Actor, at: dt.datetime) -> int:
    """Put the reminders whose time has come into the post; answers of how many meetings."""
    values = all_values()
    mode, hours = values["meeting.reminder"], values["meeting.reminder_hours"]
    if mode == NONE or not settings.TAKT_SENDS_MAIL:
        return 0
    known = MeetingReminder.objects.filter(task=OuterRef("pk"), meeting_at=OuterRef("due_at"))
    meetings = (
        Task.objects.alive()
        .open()
        .filter(~Exists(known), type__slug=MEETING, is_all_day=False, assignee__is_demo=False)
        .filter(due_at__gt=at, due_at__lte=at + DAY + dt.timedelta(hours=hours))
    )
    count = 0
    for task in meetings.select_related("assignee").order_by("due_at", "id"):
        contact = client_of(task)
        if contact is not None and reminder_at(task.due_at, zone_of_client(contact), hours) <= at:
            remind(task, contact, address_of(contact), is_draft=mode == DRAFT, by=by, at=at)
            count += 1
    return count


@dataclass(frozen=True)
class Reminder:
    """What the client reads; the task's own words are the firm's and never go out."""

    to: str
    reply_to: str
    language: str
    subject: str
    lines: list[str]


def reminder_of(row: MeetingReminder, at: dt.datetime) -> Reminder | None:
    """In the client's language and time; None where the meeting isn't at that time any more, or is over."""
    task = row.task
    if not task.is_open or task.deleted_at or task.due_at != row.meeting_at or row.meeting_at <= at:
        return None
    contact = Contact.objects.alive().filter(pk=row.contact_id).first()
    if contact is None or not row.address:
        return None
    zone, language = zone_of_client(contact), contact.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone):
        local = row.meeting_at.astimezone(zone)
        when = {
            "date": date_format(local, "DATE_FORMAT"),
            "time": date_format(local, "TIME_FORMAT"),
            "zone": f"{zone.key}, UTC{local:%:z}",
            "name": task.assignee.name,
            "client": contact.name,
            "address": task.assignee.email,
        }
        return Reminder(
            to=row.address,
            reply_to=task.assignee.email,
            language=language,
            subject=_("Reminder: our meeting on %(date)s at %(time)s") % when,
            lines=[
                _("Hello %(client)s,") % when,
                _("We meet on %(date)s at %(time)s (%(zone)s).") % when,
                _("If the time doesn't suit you, just answer this mail: it reaches %(name)s, %(address)s.")
                % when,
            ],
        )


def plan_of(task: Task, user: User) -> dict[str, Any]:
    """What the page of a meeting says of the client's reminder; nothing of a client whom the reader may not see."""
    values = all_values()
    row = MeetingReminder.objects.filter(task=task, meeting_at=task.due_at).select_related("mail").first()
    contact = client_of(task) if row is None else Contact.objects.filter(pk=row.contact_id).first()
    if contact is None or not Contact.objects.visible_to(user).filter(pk=contact.pk).exists():
        return {"state": ""}
    address = row.address if row else address_of(contact)
    zone = zone_of_client(contact)
    goes_at = reminder_at(task.due_at, zone, values["meeting.reminder_hours"])
    if task.is_all_day or not settings.TAKT_SENDS_MAIL or task.assignee.is_demo:
        state = ""
    elif row is not None:
        state = _state(row)
    elif not task.is_open or values["meeting.reminder"] == NONE:
        state = ""
    else:
        state = "planned" if address else "no_address"
    return {
        "state": state,
        "task": task,
        "client": contact.name,
        "address": address,
        "goes_at": goes_at.astimezone(zone),
        "zone": zone.key,
        "is_draft": values["meeting.reminder"] == DRAFT,
        "ended_at": row.mail.ended_at if row and row.mail else None,
        "text": reminder_of(row, dt.datetime.min.replace(tzinfo=dt.UTC))
        if row and state == "draft"
        else None,
        "may_edit": Task.objects.visible_to(user, "edit").filter(pk=task.pk).exists(),
    }


def _state(row: MeetingReminder) -> str:
    if row.mail is not None:
        return str(row.mail.state)
    return "refused" if row.is_refused else "draft" if row.address else "no_address"
