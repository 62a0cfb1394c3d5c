"""The rule of the bonus and its history, objections, and the months that were approved."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from takt.insight.audits.models import CHECK_CHOICES, AuditSession

USER = settings.AUTH_USER_MODEL


class BonusRule(models.Model):
    """What the bonus went by from a day on; never changed, only followed by the next one."""

    from_on = models.DateField()
    single = models.PositiveSmallIntegerField()  # percent of the bonus left by a single violation
    repeated = models.PositiveSmallIntegerField()  # and by one that was repeated
    repeats = models.PositiveSmallIntegerField()  # so many audits with the same violation are a repeated one
    tolerance = models.PositiveSmallIntegerField()  # percent of points that may stay open; of A1 none
    appeal_days = models.PositiveSmallIntegerField()  # working days in which a violation can be objected to
    modes = models.JSONField()  # check: off, warn or enforce
    set_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()

    class Meta:
        db_table = "bonus_rule"
        ordering: ClassVar[list[str]] = ["from_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(single__lte=100, repeated__lte=F("single")), name="bonus_rule_falls"
            ),
            models.CheckConstraint(condition=Q(repeats__gte=2), name="bonus_rule_repeats"),
        ]


class BonusBase(models.Model):
    """A person's full bonus of a month, from that month on; never changed, only followed by the next one."""

    person = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    from_month = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    set_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()

    class Meta:
        db_table = "bonus_base"
        indexes = [models.Index(fields=["person", "from_month", "id"], name="bonus_base_of")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="bonus_base_not_negative"),
            models.CheckConstraint(condition=Q(from_month__day=1), name="bonus_base_from_first"),
        ]


class BonusAppeal(models.Model):
    """A person's objection to a violation that an audit found of him, and what was decided."""

    class Verdict(models.TextChoices):
        OPEN = "open", _("Not decided yet")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    session = models.ForeignKey(AuditSession, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(USER, models.PROTECT, related_name="+")
    check_code = models.CharField(max_length=2, choices=CHECK_CHOICES)
    month = models.DateField()
    comment = models.CharField(max_length=2000)
    made_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.OPEN)
    answer = models.CharField(max_length=2000, blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bonus_appeal"
        indexes = [models.Index(fields=["month"], name="bonus_appeal_open", condition=Q(verdict="open"))]
        constraints = [
            models.UniqueConstraint(fields=["session", "person", "check_code"], name="bonus_appeal_once"),
            models.CheckConstraint(
                condition=Q(verdict="open", decided_at=None, decided_by=None)
                | (
                    Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(verdict="open") & ~Q(answer="")
                ),
                name="bonus_appeal_decided_with_reason",
            ),
        ]


class BonusSheet(models.Model):
    """A person's month as it was approved. The database refuses to change it or to take it away; a month that was
    reopened keeps its former sheets beside the new one."""

    person = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    month = models.DateField()
    percent = models.PositiveSmallIntegerField()
    ledger = models.JSONField()
    seal = models.CharField(max_length=64)  # of the ledger, SHA-256
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    approved_at = models.DateTimeField()
    reopened_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    reopened_at = models.DateTimeField(null=True)
    reopened_because = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "bonus_sheet"
        indexes = [models.Index(fields=["month", "person"], name="bonus_sheet_of")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "month"], condition=Q(reopened_at=None), name="bonus_sheet_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="bonus_sheet_of_month"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="bonus_sheet_at_most_all"),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopened_by=None)
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopened_because="")),
                name="bonus_sheet_reopened_with_reason",
            ),
        ]
