"""What a person is told about inside Takt."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# The sentences by kind, with named places for `params`; shown in the reader's language.
SENTENCES = {
    "deal.handed_over": gettext_noop("%(actor)s handed the deal “%(deal)s” over to you"),
    "deal.handed_over_by_takt": gettext_noop("The deal “%(deal)s” is now yours"),
    "deal.shared": gettext_noop("%(actor)s shared the deal “%(deal)s” with you"),
    "deal.part": gettext_noop("%(actor)s brought you into the deal “%(deal)s”"),
    "approval.requested": gettext_noop("%(actor)s asks you to approve the deal “%(deal)s”"),
    "approval.approved": gettext_noop("%(actor)s approved the deal “%(deal)s”"),
    "approval.rejected": gettext_noop("%(actor)s refused to approve the deal “%(deal)s”"),
    "note.mention": gettext_noop("%(actor)s mentioned you on “%(record)s”"),
    "watched.note": gettext_noop("%(actor)s wrote a note on “%(deal)s”, which you watch"),
    "watched.moved": gettext_noop("%(actor)s moved “%(deal)s”, which you watch, to another stage"),
    "watched.won": gettext_noop("%(actor)s won “%(deal)s”, which you watch"),
    "watched.lost": gettext_noop("“%(deal)s”, which you watch, is lost, says %(actor)s"),
    "watched.reopened": gettext_noop("%(actor)s returned “%(deal)s”, which you watch, to work"),
}


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        """Everybody reads only his own."""
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """One thing one person is told, once per event."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    event = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notification"
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notification_latest"),
            models.Index(fields=["user"], name="notification_unread", condition=models.Q(read_at=None)),
        ]

    @property
    def sentence(self) -> str:
        return _(SENTENCES[self.kind]) % self.params
