"""Mails on their way out: gathered, handed to the mail server, and what came of it (decision record 0013)."""

import datetime as dt
import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from takt.kernel.accounts.acts import demand
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound, Refused
from takt.office.notifications.events import MailDropped, MailReleased, MailRetried, MailTried
from takt.office.notifications.models import Mail, Notification, Round

HELD = "mail held"
MOST_ATTEMPTS = 10
ANSWERED_WITHIN = dt.timedelta(minutes=10)
OPEN = (Mail.State.WAITING, Mail.State.HANDED)
TROUBLE = (Mail.State.UNSURE, Mail.State.FAILED)


@command
def new_mail(
    key: str, kind: str, *, user: User | None = None, due_at: dt.datetime, by: Actor, at: dt.datetime
) -> Mail | None:
    """Put a message into the post, once under its key; None where it is there already."""
    host = urlsplit(settings.TAKT_BASE_URL).hostname or "localhost"
    row = Mail(
        key=key, kind=kind, user=user, due_at=due_at, created_at=at, message_id=f"<{uuid.uuid4().hex}@{host}>"
    )
    Mail.objects.bulk_create([row], ignore_conflicts=True)
    return Mail.objects.filter(key=key, message_id=row.message_id).first()


@command
def gather_news(user: int, *, by: Actor, at: dt.datetime) -> Mail | None:
    """One mail of all that is due for a person, but of nothing that he has read or may no longer see."""
    due = Notification.objects.filter(user=user, mail_at__lte=at, mail=None)
    ids = list(due.order_by("pk").select_for_update().values_list("pk", flat=True))
    person = User.objects.filter(pk=user, is_active=True).first()
    wanted: list[int] = []
    if person is not None:
        seen = Notification.objects.visible_to(person).filter(pk__in=ids, read_at=None)
        wanted = list(seen.values_list("pk", flat=True))
    Notification.objects.filter(pk__in=set(ids) - set(wanted)).update(mail_at=None)
    if not wanted:
        return None
    mail = new_mail(f"news:{user}:{max(wanted)}", "news", user=person, due_at=at, by=by, at=at)
    Notification.objects.filter(pk__in=wanted).update(mail=mail)
    return mail


@command
def hand_over(mail: int, *, by: Actor, at: dt.datetime) -> bool:
    """Mark a message as handed to the mail server, right before it is; False where another worker has it."""
    row = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail, state=Mail.State.WAITING).first()
    if row is None:
        return False
    row.state, row.handed_at, row.attempts = Mail.State.HANDED, at, row.attempts + 1
    row.save(update_fields=["state", "handed_at", "attempts"])
    return True


@command
def end_mail(mail: int, state: str, error: str = "", *, by: Actor, at: dt.datetime) -> Mail:
    """What came of a message in the end."""
    row = Mail.objects.select_for_update().get(pk=mail)
    if row.state in OPEN:
        row.state, row.error, row.ended_at = state, error[:400], at
        row.save(update_fields=["state", "error", "ended_at"])
        _tell_end(row, by, at)
    return row


def _tell_end(row: Mail, by: Actor, at: dt.datetime) -> None:
    if row.kind == "reminder":
        from takt.office.notifications.commands.reminding import log_reminder

        log_reminder(row, by=by, at=at)


@command
def postpone_mail(mail: int, error: str, *, by: Actor, at: dt.datetime) -> Mail:
    """The message has surely not gone: again later, 1, 2, 4 … minutes on, up to ten times in about a day and a half."""
    row = Mail.objects.select_for_update().get(pk=mail)
    if row.state not in OPEN:
        return row
    if row.state == Mail.State.WAITING:
        row.attempts += 1
    row.error = error[:400]
    if row.attempts >= MOST_ATTEMPTS:
        row.state, row.ended_at = Mail.State.FAILED, at
    else:
        row.state = Mail.State.WAITING
        row.due_at = at + dt.timedelta(minutes=2 ** (row.attempts - 1))
    row.save(update_fields=["state", "error", "attempts", "due_at", "ended_at"])
    if row.state == Mail.State.FAILED:
        _tell_end(row, by, at)
    return row


@command
def find_unsure(*, by: Actor, at: dt.datetime) -> list[int]:
    """Messages whose worker ended while they were handed over: they may have gone, so they don't go by themselves."""
    lost = Mail.objects.select_for_update(skip_locked=True).filter(
        state=Mail.State.HANDED, handed_at__lt=at - ANSWERED_WITHIN
    )
    ids = list(lost.values_list("pk", flat=True))
    Mail.objects.filter(pk__in=ids).update(state=Mail.State.UNSURE, ended_at=at)
    for row in Mail.objects.filter(pk__in=ids, kind="reminder"):
        _tell_end(row, by, at)
    return ids


@command
def retry_mail(mail: int, *, by: Actor, at: dt.datetime) -> Mail:
    """Send a message again that has failed or may not have arrived; only an administrator."""
    row = _in_trouble(mail, by)
    row.state, row.due_at, row.attempts, row.ended_at = Mail.State.WAITING, at, 0, None
    row.save(update_fields=["state", "due_at", "attempts", "ended_at"])
    record(MailRetried(mail=row.pk), about=("mail", row.pk), by=by, at=at)
    return row


@command
def drop_mail(mail: int, *, by: Actor, at: dt.datetime) -> Mail:
    """Let a message be that has failed or may not have arrived; only an administrator."""
    row = _in_trouble(mail, by)
    row.state = Mail.State.DROPPED
    row.save(update_fields=["state"])
    record(MailDropped(mail=row.pk), about=("mail", row.pk), by=by, at=at)
    return row


def _in_trouble(mail: int, by: Actor) -> Mail:
    demand(by, "administer")
    row = Mail.objects.select_for_update().filter(pk=mail, state__in=TROUBLE).first()
    if row is None:
        raise NotFound
    return row


@command
def try_mail(*, by: Actor, at: dt.datetime) -> Mail | None:
    """Send the administrator a message, so that he sees whether mail goes out."""
    demand(by, "administer")
    if not settings.TAKT_SENDS_MAIL:
        raise Refused(_("No mail server is set up: set TAKT_EMAIL_URL and start Takt again."), code="no_mail")
    record(MailTried(), about=by.user, by=by, at=at)
    return new_mail(f"test:{uuid.uuid4().hex}", "test", user=by.user, due_at=at, by=by, at=at)


@command
def hold_mail(*, by: Actor, at: dt.datetime) -> None:
    """After a restore nothing goes out until an administrator says so."""
    Round.objects.update_or_create(name=HELD, user=None, defaults={"at": at})


@command
def release_mail(*, by: Actor, at: dt.datetime) -> int:
    """Let mail go out again; what waited until now belongs to the past and is dropped. Answers how many were."""
    demand(by, "administer")
    Round.objects.filter(name=HELD, user=None).delete()
    Notification.objects.filter(mail_at__lte=at, mail=None).update(mail_at=None)
    dropped = Mail.objects.filter(state__in=OPEN).update(state=Mail.State.DROPPED, ended_at=at)
    record(MailReleased(dropped=dropped), about=by.user, by=by, at=at)
    return dropped
