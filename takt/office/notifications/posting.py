"""Carrying the post: each message is made up, handed to the mail server and its end noted, in steps that a killed
worker can't mix up (decision record 0013)."""

import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.failpoints import failpoint
from takt.office.notifications.commands import (
    end_mail,
    find_unsure,
    gather_news,
    hand_over,
    postpone_mail,
)
from takt.office.notifications.commands.mailing import HELD
from takt.office.notifications.models import Mail, MeetingReminder, Notification, Round
from takt.office.notifications.queries import zone_of
from takt.office.notifications.reminders import reminder_of

logger = logging.getLogger(__name__)
type Clock = Callable[[], dt.datetime]
AT_ONCE = 200


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def is_held() -> bool:
    return Round.objects.filter(name=HELD, user=None).exists()


def carry_post(by: Actor, clock: Clock = now) -> int:
    """Gather what is due and send what waits; answers how many messages went out."""
    if not settings.TAKT_SENDS_MAIL or is_held():
        return 0
    for lost in find_unsure(by=by, at=clock()):
        logger.error("mail %d may not have arrived: the worker ended while it was handed over", lost)
    due = Notification.objects.filter(mail_at__lte=clock(), mail=None)
    for user in due.order_by("user").values_list("user", flat=True).distinct():
        gather_news(user, by=by, at=clock())
    waiting = Mail.objects.filter(state=Mail.State.WAITING, due_at__lte=clock()).order_by("due_at", "id")
    return sum(_carry(mail, by, clock) for mail in waiting.select_related("user")[:AT_ONCE])


def _carry(mail: Mail, by: Actor, clock: Clock) -> bool:
    message = reminder_message(mail, clock()) if mail.kind == "reminder" else message_of(mail)
    if message is None:
        end_mail(mail.pk, Mail.State.DROPPED, by=by, at=clock())
        return False
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:  # smtplib's own errors are among them
        postpone_mail(mail.pk, _line(error), by=by, at=clock())
        return False
    try:
        failpoint("mail.before_handing")
        if not hand_over(mail.pk, by=by, at=clock()):
            return False
        failpoint("mail.handed")
        message.connection = connection
        try:
            message.send()
        except Exception as error:  # whatever it was, the message comes to an end that people can read
            _note(mail, error, by, clock())
            return False
        failpoint("mail.sent")
        end_mail(mail.pk, Mail.State.SENT, by=by, at=clock())
        return True
    finally:
        with contextlib.suppress(OSError):
            connection.close()


def _note(mail: Mail, error: Exception, by: Actor, at: dt.datetime) -> None:
    """A refusal is an answer: the message hasn't gone. Where no answer came, nobody knows."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
    else:
        codes = [error.smtp_code] if isinstance(error, SMTPResponseException) else []
    if codes and all(400 <= code < 500 for code in codes):
        postpone_mail(mail.pk, _line(error), by=by, at=at)
        return
    no_answer = isinstance(error, SMTPServerDisconnected) or (
        isinstance(error, OSError) and not isinstance(error, SMTPException)
    )
    end_mail(mail.pk, Mail.State.UNSURE if no_answer else Mail.State.FAILED, _line(error), by=by, at=at)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def message_of(mail: Mail) -> EmailMultiAlternatives | None:
    """The message in the reader's language and time; None where there is no reason left to send it."""
    person = mail.user
    if person is None or not person.is_active:
        return None
    with translation.override(person.language), timezone.override(zone_of(person)):
        if mail.kind == "test":
            subject = _("Mail from Takt goes out")
            return _message(
                mail,
                person.email,
                subject,
                [(_("This is the message that you asked for."), "/settings/mail")],
            )
        told = Notification.objects.visible_to(person).filter(mail=mail, read_at=None).order_by("pk")
        lines = [(note.sentence, note.url) for note in told]
        if not lines:
            return None
        more = ngettext("%(count)d piece of news in Takt", "%(count)d pieces of news in Takt", len(lines))
        subject = lines[0][0] if len(lines) == 1 else more % {"count": len(lines)}
        return _message(mail, person.email, subject, lines)


def _message(mail: Mail, to: str, subject: str, lines: list[tuple[str, str]]) -> EmailMultiAlternatives:
    base = settings.TAKT_BASE_URL
    news = [(words, f"{base}{url}") for words, url in lines]
    choices = f"{base}/settings/notifications"
    why = _("You get this mail because you chose to be told by mail. Choose anew: %(address)s") % {
        "address": choices
    }
    text = "\n\n".join([*(f"{words}\n{url}" for words, url in news), "-- \n" + why])
    context = {"subject": subject, "news": news, "choices": choices, "lang": translation.get_language()}
    message = EmailMultiAlternatives(
        " ".join(subject.split())[:200],
        text,
        to=[to],
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{choices}>",
        },
    )
    message.attach_alternative(render_to_string("notifications/mail_news.html", context), "text/html")
    return message


def reminder_message(mail: Mail, at: dt.datetime) -> EmailMultiAlternatives | None:
    row = MeetingReminder.objects.select_related("task__assignee").filter(mail=mail).first()
    reminder = reminder_of(row, at) if row is not None else None
    if reminder is None:
        return None
    message = EmailMultiAlternatives(
        " ".join(reminder.subject.split())[:200],
        "\n\n".join(reminder.lines),
        to=[reminder.to],
        reply_to=[reminder.reply_to],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    with translation.override(reminder.language):
        context = {"reminder": reminder, "lang": reminder.language}
        html = render_to_string("notifications/mail_reminder.html", context)
    message.attach_alternative(html, "text/html")
    return message
