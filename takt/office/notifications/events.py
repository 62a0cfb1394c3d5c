from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("notifications.read", _("read %(count)d notifications"))
class NotificationsRead(Fact):
    count: int


@fact("notifications.unread", _("marked %(count)d notifications as not read"))
class NotificationsUnread(Fact):
    count: int


@fact("notifications.chosen", _("chose how to be told of news"))
class NotificationsChosen(Fact):
    fields: list[str]


@fact("mail.retried", _("sent a message again"))
class MailRetried(Fact):
    mail: int


@fact("mail.dropped", _("let a message be that could not be sent"))
class MailDropped(Fact):
    mail: int


@fact("mail.tried", _("tried whether mail goes out"))
class MailTried(Fact):
    pass


@fact("mail.released", _("let mail go out again after a restore"))
class MailReleased(Fact):
    dropped: int


@fact("meeting.reminder_sent", _("reminded the client of the meeting"))
class ReminderSent(Fact):
    contact: int
    meeting_at: str


@fact("meeting.reminder_failed", _("could not remind the client of the meeting"))
class ReminderFailed(Fact):
    contact: int
    meeting_at: str
    is_unsure: bool


@fact("meeting.reminder_refused", _("did not want the client to be reminded of the meeting"))
class ReminderRefused(Fact):
    contact: int
    meeting_at: str
