"""A client is reminded of a meeting once, in his language and by his clock; the reminder moves with the meeting."""

import datetime as dt
import smtplib
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as post
from django.core.mail.backends.locmem import EmailBackend

from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.settings.commands import change_setting
from takt.office.notifications.commands import find_unsure, hand_over, refuse_reminder, send_reminder
from takt.office.notifications.models import Mail, MeetingReminder, Notification
from takt.office.notifications.posting import carry_post
from takt.office.notifications.reminders import remind_clients
from takt.office.notifications.rules import reminder_at
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_contact, edit_contact
from takt.sales.contacts.models import Contact
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask

pytestmark = pytest.mark.django_db
TIMER = Actor(via="timer")
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("zone", "meeting", "goes"),
    [
        ("Europe/Berlin", "2026-03-05 14:00", "2026-03-05 12:00"),  # 15:00 there, at 13:00 there
        ("Europe/Berlin", "2026-03-05 09:00", "2026-03-05 07:00"),  # 10:00 there: at 08:00 sharp
        (
            "Europe/Berlin",
            "2026-03-05 08:59",
            "2026-03-04 17:00",
        ),  # would be 07:59: at 18:00 the evening before
        ("Asia/Tokyo", "2026-03-05 00:00", "2026-03-04 09:00"),  # 09:00 there
        ("Europe/Berlin", "2026-03-29 06:30", "2026-03-28 17:00"),  # over the night when clocks go forward
        ("America/New_York", "2026-03-05 04:30", "2026-03-05 02:30"),  # 21:30 there: quiet hours don't count
    ],
)
def test_when(zone: str, meeting: str, goes: str) -> None:
    at = dt.datetime.fromisoformat(f"{meeting}+00:00")
    assert reminder_at(at, ZoneInfo(zone), 2) == dt.datetime.fromisoformat(f"{goes}+00:00")


def carry(at: dt.datetime) -> int:
    remind_clients(TIMER, at)
    return carry_post(TIMER, lambda: at)


@pytest.fixture
def ilse(anna: Any, at: dt.datetime) -> Contact:
    return create_contact(
        name="Ilse",
        emails=["ilse@client.example"],
        language="ru",
        time_zone="Asia/Tokyo",
        by=Actor(anna),
        at=at,
    )


@pytest.fixture
def meeting(pipeline: Any, anna: Any, ilse: Contact, at: dt.datetime) -> Task:
    """At 15:00 in Tokyo, tomorrow."""
    due_at = dt.datetime(2026, 3, 3, 15, 0, tzinfo=TOKYO)
    deal = commands.create_deal(
        name="Crane", contacts=[ilse.pk], first_task=NewTask(type="meeting", title="Press Ilse", due_at=due_at),
        by=Actor(anna), at=at,
    )  # fmt: skip
    return deal.tasks.get()


def test_two_hours_before_in_his_language_and_time(meeting: Task, at: dt.datetime) -> None:
    goes = dt.datetime(2026, 3, 3, 13, 0, tzinfo=TOKYO).astimezone(dt.UTC)
    assert (carry(at), carry(goes - MINUTE), carry(goes), carry(goes + MINUTE), carry(goes - HOUR)) == (
        0,
        0,
        1,
        0,
        0,
    )
    (sent,) = post.outbox
    assert (sent.to, sent.reply_to) == (["ilse@client.example"], ["anna@takt.example"])
    assert "15:00" in sent.body and "Asia/Tokyo, UTC+09:00" in sent.body and "Anna" in sent.body
    assert "Press" not in sent.body + sent.subject + sent.alternatives[0][0]
    fact = Event.objects.get(kind="meeting.reminder_sent")
    about = set(fact.subjects.values_list("kind", "object_id"))
    assert {("task", meeting.pk), ("deal", meeting.deal_id)} < about
    assert "contact" in dict(about)


def test_moved_with_the_meeting(meeting: Task, anna: Any, at: dt.datetime) -> None:
    first = meeting.due_at - 2 * HOUR
    commands.reschedule_task(meeting, meeting.due_at + HOUR, by=Actor(anna), at=at)
    assert (carry(first), carry(first + HOUR)) == (0, 1)
    # Moved once more after it went: another time, another reminder; back to the time told of: none.
    meeting.refresh_from_db()
    told_of = meeting.due_at
    commands.reschedule_task(meeting, told_of + 3 * HOUR, by=Actor(anna), at=first + HOUR)
    assert carry(first + HOUR) == 0
    commands.reschedule_task(meeting, told_of, by=Actor(anna), at=first + HOUR)
    assert carry(first + HOUR) == 0
    commands.reschedule_task(meeting, told_of + 2 * HOUR, by=Actor(anna), at=first + HOUR)
    assert carry(first + 3 * HOUR) == 1
    assert Mail.objects.count() == 2


def test_moved_while_it_waits(meeting: Task, anna: Any, at: dt.datetime) -> None:
    goes = meeting.due_at - 2 * HOUR
    remind_clients(TIMER, goes)
    commands.reschedule_task(meeting, meeting.due_at + HOUR, by=Actor(anna), at=goes)
    assert carry_post(TIMER, lambda: goes) == 0
    assert Mail.objects.get().state == "dropped"
    assert carry(goes + HOUR) == 1


def test_less_than_two_hours_away_at_once(pipeline: Any, anna: Any, ilse: Contact, at: dt.datetime) -> None:
    soon = NewTask(type="meeting", title="Meet", due_at=at + 20 * MINUTE, contact=ilse.pk)
    commands.create_task(soon, contact=ilse, by=Actor(anna), at=at)
    assert (carry(at), carry(at + 30 * MINUTE)) == (1, 0)


def test_not_for_what_is_over_cancelled_or_no_meeting(meeting: Task, anna: Any, at: dt.datetime) -> None:
    deal, due_at = meeting.deal, meeting.due_at
    call = NewTask(type="call", title="Call", due_at=due_at)
    commands.create_task(call, deal=deal, by=Actor(anna), at=at)
    all_day = NewTask(type="meeting", title="Fair", due_at=due_at, is_all_day=True)
    commands.create_task(all_day, deal=deal, by=Actor(anna), at=at)
    commands.cancel_task(meeting, reason="off", by=Actor(anna), at=at)
    assert carry(due_at - HOUR) == 0
    assert not MeetingReminder.objects.exists()


def test_a_worker_that_slept_over_it_sends_nothing_late(meeting: Task, at: dt.datetime) -> None:
    remind_clients(TIMER, meeting.due_at - HOUR)
    assert carry_post(TIMER, lambda: meeting.due_at + MINUTE) == 0
    assert Mail.objects.get().state == "dropped"


def test_without_an_address_whoever_has_the_meeting_is_told(
    meeting: Task, ilse: Contact, anna: Any, at: dt.datetime
) -> None:
    edit_contact(ilse, {"emails": []}, by=Actor(anna), at=at)
    for minutes in (120, 60):
        assert carry(meeting.due_at - minutes * MINUTE) in (0, 1)  # her own mail of that news
    told = Notification.objects.get(kind="reminder.no_address")
    assert told.sentence == "Ilse can't be reminded, no e-mail address is known: Press Ilse"
    assert all(m.to == ["anna@takt.example"] for m in post.outbox)


def test_draft(
    meeting: Task, anna: Any, carla: Any, admin: Any, client_of: Callable[..., Any], at: dt.datetime
) -> None:
    change_setting("meeting.reminder", 1, by=Actor(admin), at=at)
    goes = meeting.due_at - 2 * HOUR
    carry(goes)
    assert not Mail.objects.filter(kind="reminder").exists()
    assert Notification.objects.get(kind="reminder.draft").user == anna
    page = client_of(anna)
    shown = page.get(f"/tasks/{meeting.pk}/reminder").content.decode()
    assert "15:00" in shown and f"/tasks/{meeting.pk}/reminder/send" in shown
    assert client_of(carla).get(f"/tasks/{meeting.pk}/reminder").status_code == 404
    with pytest.raises(NotFound):
        send_reminder(meeting.pk, by=Actor(carla), at=goes)
    assert page.post(f"/tasks/{meeting.pk}/reminder/send").status_code == 302
    with pytest.raises(NotFound):
        send_reminder(meeting.pk, by=Actor(anna), at=goes)
    Mail.objects.update(due_at=goes)
    assert carry_post(TIMER, lambda: goes) == 1
    commands.reschedule_task(meeting, meeting.due_at + HOUR, by=Actor(anna), at=goes)
    remind_clients(TIMER, goes + HOUR)
    refuse_reminder(meeting.pk, by=Actor(anna), at=goes)
    assert b"Not to be sent" in page.get(f"/tasks/{meeting.pk}/reminder").content
    change_setting("meeting.reminder", 0, by=Actor(admin), at=at)
    commands.reschedule_task(meeting, meeting.due_at + 2 * HOUR, by=Actor(anna), at=goes)
    assert remind_clients(TIMER, goes + 4 * HOUR) == 0


def test_failed_is_logged_and_told(meeting: Task, anna: Any, at: dt.datetime, monkeypatch: Any) -> None:
    def refuse(self: Any, messages: Any) -> int:
        raise smtplib.SMTPDataError(554, b"no")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    carry(meeting.due_at - 2 * HOUR)
    assert Event.objects.get(kind="meeting.reminder_failed").payload["is_unsure"] is False
    assert Notification.objects.get(kind="reminder.failed").user == anna


def test_a_killed_worker_leaves_it_unsure_and_says_so(meeting: Task, at: dt.datetime) -> None:
    goes = meeting.due_at - 2 * HOUR
    remind_clients(TIMER, goes)
    assert hand_over(Mail.objects.get().pk, by=TIMER, at=goes)
    find_unsure(by=TIMER, at=goes + 11 * MINUTE)
    assert Event.objects.get(kind="meeting.reminder_failed").payload["is_unsure"] is True
    assert Notification.objects.get(kind="reminder.unsure")
    assert carry_post(TIMER, lambda: goes + HOUR) in (0, 1)
    assert all(m.to != ["ilse@client.example"] for m in post.outbox)


def test_page_of_the_meeting(
    meeting: Task, anna: Any, client_of: Callable[..., Any], at: dt.datetime
) -> None:
    page = client_of(anna)
    assert f"/tasks/{meeting.pk}/reminder".encode() in page.get(f"/tasks/{meeting.pk}").content
    shown = page.get(f"/tasks/{meeting.pk}/reminder").content.decode()
    assert "2026-03-03 13:00" in shown and "Asia/Tokyo" in shown and "ilse@client.example" in shown
    carry(meeting.due_at - 2 * HOUR)
    assert b"Sent" in page.get(f"/tasks/{meeting.pk}/reminder").content


def test_a_demo_person_reminds_nobody(meeting: Task, anna: Any) -> None:
    User.objects.filter(pk=anna.pk).update(is_demo=True)
    assert carry(meeting.due_at - HOUR) == 0


def test_language_and_zone_of_a_contact(
    ilse: Contact, anna: Any, api_of: Callable[..., Any], client_of: Callable[..., Any], at: dt.datetime
) -> None:
    for wrong in ({"language": "xx"}, {"time_zone": "Mars/Base"}):
        with pytest.raises(Invalid):
            edit_contact(ilse, wrong, by=Actor(anna), at=at)
    row = api_of(anna).get(f"/contacts/{ilse.pk}").json()
    assert (row["language"], row["time_zone"]) == ("ru", "Asia/Tokyo")
    assert api_of(anna).patch(f"/contacts/{ilse.pk}", {"time_zone": ""}).json()["time_zone"] == ""
    assert b'name="time_zone"' in client_of(anna).get(f"/contacts/{ilse.pk}/edit").content
    assert b"Russian" in client_of(anna).get(f"/contacts/{ilse.pk}").content


def test_only_an_administrator_sets_it(anna: Any, at: dt.datetime) -> None:
    with pytest.raises(Forbidden):
        change_setting("meeting.reminder", 0, by=Actor(anna), at=at)
