"""What a person is told about, how he wants to be told, and the mails that go out."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from takt.kernel.access.records import model_of
from takt.office.notifications.kinds import KINDS
from takt.office.notifications.rules import DIGEST_AT


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        """Everybody reads only his own, and nothing about a record that he may no longer see."""
        seen: Any = Q(about_kind="")
        for kind in Notification.ABOUT:
            rows: Any = model_of(kind)
            seen |= Q(about_kind=kind) & Exists(rows.objects.visible_to(user).filter(pk=OuterRef("about_id")))
        return self.filter(seen, user=user)

    def unread(self) -> Self:
        """What the bell counts."""
        return self.filter(read_at=None, is_quiet=False)


class Notification(models.Model):
    """One thing one person is told, once: `key` says what it is the only one of.

    `mail_at` is when it goes out by mail unless it has been read by then, `mail` the message that took it.
    """

    ABOUT = ("deal", "company", "contact", "task")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    event = models.BigIntegerField(null=True)
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200)
    about_kind = models.CharField(max_length=10, blank=True, default="")
    about_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    is_quiet = models.BooleanField(default=False)  # in the list only: the person doesn't want it on the bell
    read_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(
        "Mail", models.SET_NULL, null=True, blank=True, related_name="notifications", db_index=False
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notification"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notification_latest"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
            models.Index(
                fields=["mail_at"], name="notification_to_mail", condition=~Q(mail_at=None) & Q(mail=None)
            ),
            models.Index(fields=["mail"], name="notification_of_mail", condition=~Q(mail=None)),
            models.Index(fields=["event"], name="notification_event", condition=~Q(event=None)),
        ]

    @property
    def sentence(self) -> str:
        return KINDS[self.kind].words(self.params)

    @property
    def is_read(self) -> bool:
        return self.read_at is not None


class Choice(models.Model):
    """How a person wants to be told, where it differs from what is usual: per group whether the bell counts it and
    whether it comes by mail. Quiet hours and the time of the daily mail are his own clock's."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    groups = models.JSONField(default=dict)  # group: {"bell": bool, "mail": "no|now|daily"}
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField(default=DIGEST_AT)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "notification_choice"
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="notification_quiet_whole",
            )
        ]


class Round(models.Model):
    """Up to when a timer has told one person (or, without one, everybody) what it looks for."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=30)
    at = models.DateTimeField()

    class Meta:
        db_table = "notification_round"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="notification_round_once", nulls_distinct=False
            )
        ]


class Mail(models.Model):
    """A message on its way out. Its state changes in a transaction of its own before and after it is handed to the
    mail server, so that a killed worker leaves either a message that surely hasn't gone, which goes again, or one
    that may have gone, which doesn't go by itself (decision record 0013)."""

    class State(models.TextChoices):
        WAITING = "waiting"
        HANDED = "handed"  # to the mail server, which hasn't answered yet
        SENT = "sent"
        UNSURE = "unsure"  # the worker or the connection broke while it was handed over
        FAILED = "failed"
        DROPPED = "dropped"  # there was no reason left to send it

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20)  # news, reminder, test
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True, default="")
    message_id = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "mail"
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="mail_open", condition=Q(state__in=["waiting", "handed"])
            ),
            models.Index(fields=["-id"], name="mail_in_trouble", condition=Q(state__in=["unsure", "failed"])),
            models.Index(fields=["user"], name="mail_user", condition=~Q(user=None)),
        ]


class MeetingReminder(models.Model):
    """That a client is reminded of a meeting at its time, once; a draft has no mail yet. A meeting that is moved
    afterwards is another time, and has a reminder of its own."""

    task = models.ForeignKey("activities.Task", models.CASCADE, related_name="+", db_index=False)
    meeting_at = models.DateTimeField()
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="+")
    mail = models.OneToOneField(Mail, models.SET_NULL, null=True, related_name="reminder")
    address = models.EmailField(max_length=254, blank=True, default="")
    is_refused = models.BooleanField(default=False)  # whoever has the meeting doesn't want it sent
    created_at = models.DateTimeField()

    class Meta:
        db_table = "meeting_reminder"
        constraints = [models.UniqueConstraint(fields=["task", "meeting_at"], name="meeting_reminder_once")]
