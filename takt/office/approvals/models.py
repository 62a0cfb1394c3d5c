"""Requests for an approval, and who was asked."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.acts import may

USER = settings.AUTH_USER_MODEL


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, user: Any) -> Self:
        """One's own requests and those on which one was asked; administrators see all."""
        if may(user, "administer"):
            return self.all()
        asked = Approver.objects.filter(approval=OuterRef("pk"), user=user)
        return self.filter(Q(requested_by=user) | Exists(asked))

    def pending(self) -> Self:
        return self.filter(state=Approval.State.PENDING)

    def waiting_for(self, user: Any) -> Self:
        """Undecided requests on which the person was asked."""
        return self.pending().filter(Exists(Approver.objects.filter(approval=OuterRef("pk"), user=user)))


class Approval(models.Model):
    """One request: what is to be approved, by (kind, id) as events name it, on what topic, and what came of it.

    A deal is the first kind of record; quotes and contracts have the same columns. Whoever is asked is a row of
    `Approver`, any of whom decides.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waits for a decision")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    topic = models.CharField(max_length=40)
    about = models.JSONField(default=dict)  # what was to be approved, as it was when it was asked for
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    comment = models.TextField(blank=True, default="")
    requested_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        db_table = "approval"
        indexes = [
            models.Index(fields=["kind", "object_id", "topic", "-id"], name="approval_latest"),
            models.Index(fields=["-id"], name="approval_pending", condition=Q(state="pending")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "topic"],
                name="approval_one_pending",
                condition=Q(state="pending"),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="approval_decided_has_time",
            ),
        ]

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING


class Approver(models.Model):
    """Somebody who was asked."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="approvers", db_index=False)
    user = models.ForeignKey(USER, models.CASCADE, related_name="+")

    class Meta:
        db_table = "approval_approver"
        constraints = [models.UniqueConstraint(fields=["approval", "user"], name="approval_approver_once")]
