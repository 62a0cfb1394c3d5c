"""Mail goes out once, in the reader's words, and never of what he may not see."""

import datetime as dt
import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as post
from django.core.mail.backends.locmem import EmailBackend

from takt.kernel.accounts.commands import deactivate_user, edit_user
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Refused
from takt.office.notifications import commands
from takt.office.notifications.models import Mail, Notification
from takt.office.notifications.posting import carry_post
from takt.sales.deals.commands import create_deal
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
TIMER = Actor(via="timer")
MINUTE = dt.timedelta(minutes=1)


def tell(
    user: Any, at: dt.datetime, kind: str = "note.mention", about: Any = None, **params: Any
) -> Notification:
    number = Notification.objects.count() + 1
    words = {"actor": "Boris", "record": "Crane", "deal": "Crane", **params}
    commands.notify(
        user.pk, kind=kind, event=number, params=words, url="/deals/1", about=about, by=TIMER, at=at
    )
    return Notification.objects.latest("id")


def carry(at: dt.datetime) -> int:
    return carry_post(TIMER, lambda: at)


def broken(monkeypatch: Any, error: Exception, *, opening: bool = False) -> None:
    def fail(self: Any, *given: Any) -> Any:
        raise error

    monkeypatch.setattr(EmailBackend, "open" if opening else "send_messages", fail, raising=False)


def test_sent_once(anna: Any, at: dt.datetime, settings: Any) -> None:
    tell(anna, at, record="<Crane & Co>")
    assert (carry(at), carry(at), carry(at + MINUTE)) == (1, 0, 0)
    (sent,) = post.outbox
    assert (sent.to, sent.subject) == (["anna@takt.example"], "Boris mentioned you on “<Crane & Co>”")
    assert f"{settings.TAKT_BASE_URL}/deals/1" in sent.body and "/settings/notifications" in sent.body
    html = sent.alternatives[0][0]
    assert "&lt;Crane &amp; Co&gt;" in html and "<Crane" not in html
    assert sent.extra_headers["Message-ID"] == Mail.objects.get().message_id
    assert "settings/notifications" in sent.extra_headers["List-Unsubscribe"]


def test_several_are_one_and_the_daily_ones_wait(anna: Any, at: dt.datetime) -> None:
    tell(anna, at)
    tell(anna, at, "watched.won")
    tell(anna, at)
    assert carry(at) == 1
    assert post.outbox[0].subject == "2 pieces of news in Takt"
    assert carry(at + dt.timedelta(hours=23)) == 0
    assert carry(at + dt.timedelta(hours=24)) == 1
    assert post.outbox[1].subject == "Boris won “Crane”, which you watch"


def test_in_the_readers_language(anna: Any, at: dt.datetime) -> None:
    edit_user(anna, {"language": "ru"}, by=Actor(anna), at=at)
    tell(anna, at)
    carry(at)
    assert "mentioned" not in post.outbox[0].subject and "Crane" in post.outbox[0].subject


def test_what_was_read_or_is_hidden_or_whose_reader_left_stays(
    pipeline: Any, anna: Any, boris: Any, carla: Any, admin: Any, at: dt.datetime
) -> None:
    deal = create_deal(name="Crane", owner=anna, is_quick=True, by=Actor(anna), at=at)
    read = tell(anna, at)
    commands.mark_one(read.pk, is_read=True, by=Actor(anna), at=at)
    tell(carla, at, about=("deal", deal.pk))
    tell(boris, at)
    deactivate_user(boris, by=Actor(admin), at=at)
    assert carry(at) == 0
    assert not Mail.objects.exists()
    assert not Notification.objects.exclude(mail_at=None).exists()
    # What is hidden between being gathered and being sent stays as well.
    tell(anna, at, about=("deal", deal.pk))
    commands.gather_news(anna.pk, by=TIMER, at=at)
    Deal.objects.update(owner=carla)
    assert carry(at) == 0
    assert Mail.objects.get().state == "dropped"
    assert post.outbox == []


def test_quiet_hours(anna: Any, at: dt.datetime) -> None:
    commands.choose({"quiet_from": "08:00", "quiet_until": "10:00"}, by=Actor(anna), at=at)
    tell(anna, at)
    assert (carry(at), carry(at + 59 * MINUTE), carry(at + 60 * MINUTE)) == (0, 0, 1)


def test_no_connection_tries_again_and_gives_up_in_the_end(
    anna: Any, at: dt.datetime, monkeypatch: Any
) -> None:
    tell(anna, at)
    with monkeypatch.context() as patched:
        broken(patched, ConnectionRefusedError("no server"), opening=True)
        assert carry(at) == 0
        row = Mail.objects.get()
        assert (row.state, row.attempts, row.due_at) == ("waiting", 1, at + MINUTE)
        assert "no server" in row.error
    assert (carry(at), carry(at + MINUTE)) == (0, 1)
    tell(anna, at)
    broken(monkeypatch, smtplib.SMTPConnectError(421, "busy"), opening=True)
    for hours in range(0, 100, 9):
        carry(at + dt.timedelta(hours=hours))
    assert Mail.objects.latest("id").state == "failed"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"anna@takt.example": (451, b"greylisted")}), "waiting"),
        (smtplib.SMTPRecipientsRefused({"anna@takt.example": (550, b"unknown")}), "failed"),
        (smtplib.SMTPDataError(554, b"spam"), "failed"),
        (smtplib.SMTPDataError(452, b"full"), "waiting"),
        (smtplib.SMTPServerDisconnected("gone"), "unsure"),
        (TimeoutError("timed out"), "unsure"),
        (ValueError("a header"), "failed"),
    ],
)
def test_answers_of_the_server(
    anna: Any, at: dt.datetime, monkeypatch: Any, error: Exception, state: str
) -> None:
    tell(anna, at)
    broken(monkeypatch, error)
    assert carry(at) == 0
    assert Mail.objects.get().state == state


def test_two_workers_send_one(anna: Any, at: dt.datetime) -> None:
    tell(anna, at)
    row = commands.gather_news(anna.pk, by=TIMER, at=at)
    assert row is not None
    assert commands.gather_news(anna.pk, by=TIMER, at=at) is None
    assert commands.hand_over(row.pk, by=TIMER, at=at)
    assert not commands.hand_over(row.pk, by=TIMER, at=at)
    assert carry(at) == 0
    # Ten minutes later nobody has noted its end: it may have gone, and doesn't go by itself.
    assert (carry(at + 11 * MINUTE), carry(at + 60 * MINUTE)) == (0, 0)
    assert Mail.objects.get().state == "unsure"


def test_page_and_commands_of_the_administrator(
    anna: Any, admin: Any, client_of: Callable[..., Any], at: dt.datetime, monkeypatch: Any, settings: Any
) -> None:
    tell(anna, at)
    with monkeypatch.context() as patched:
        broken(patched, smtplib.SMTPDataError(554, b"spam"))
        carry(at)
    row = Mail.objects.get()
    page = client_of(admin)
    shown = page.get("/settings/mail").content
    assert b"spam" in shown and b"Send again" in shown
    assert client_of(anna).get("/settings/mail").status_code == 403
    for act in (commands.retry_mail, commands.drop_mail):
        with pytest.raises(Forbidden):
            act(row.pk, by=Actor(anna), at=at)
    with pytest.raises(Forbidden):
        commands.release_mail(by=Actor(anna), at=at)
    with pytest.raises(Forbidden):
        commands.try_mail(by=Actor(anna), at=at)
    assert page.post(f"/settings/mail/{row.pk}/retry").status_code == 302
    assert page.post(f"/settings/mail/{row.pk}/drop").status_code == 404  # it waits again
    assert page.post("/settings/mail/try").status_code == 302
    assert carry(dt.datetime.now(dt.UTC)) == 2
    assert {m.subject for m in post.outbox} == {"Boris mentioned you on “Crane”", "Mail from Takt goes out"}
    settings.TAKT_SENDS_MAIL = False
    assert b"No mail goes out" in page.get("/settings/mail").content
    with pytest.raises(Refused):
        commands.try_mail(by=Actor(admin), at=at)


def test_after_a_restore_nothing_of_the_past_goes_out(
    anna: Any, admin: Any, client_of: Callable[..., Any], at: dt.datetime
) -> None:
    tell(anna, at)
    commands.gather_news(anna.pk, by=TIMER, at=at)
    tell(anna, at)
    commands.hold_mail(by=Actor(via="restore"), at=at)
    assert carry(at) == 0
    page = client_of(admin)
    assert b"Mail is held back" in page.get("/settings/mail").content
    assert page.post("/settings/mail/release").status_code == 302
    now = dt.datetime.now(dt.UTC)
    assert carry(now) == 0
    tell(anna, now)
    assert carry(now) == 1
    assert len(post.outbox) == 1
