"""How customers moved between segments and on the ladder, and what judges them anew by itself."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

COMPANY = "contacts.Company"


class SegmentMove(models.Model):
    """A company came into another RFM segment; the first time it has no old one, when it fell out no new one."""

    company = models.ForeignKey(COMPANY, models.CASCADE, related_name="segment_moves", db_index=False)
    on = models.DateField()
    old = models.CharField(max_length=3, blank=True, default="")
    new = models.CharField(max_length=3, blank=True, default="")

    class Meta:
        db_table = "segment_move"
        indexes = [
            models.Index(fields=["company", "on", "id"], name="segment_move_of_company"),
            models.Index(fields=["on", "id"], name="segment_move_order"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(old=models.F("new")), name="segment_move_moves")]


class LadderMove(models.Model):
    """Where a company stood on the ladder of sales from a day on."""

    company = models.ForeignKey(COMPANY, models.CASCADE, related_name="ladder_moves", db_index=False)
    on = models.DateField()
    ladder = models.SmallIntegerField()
    step = models.PositiveSmallIntegerField()
    penalties = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "ladder_move"
        constraints = [models.UniqueConstraint(fields=["company", "on"], name="ladder_move_once_a_day")]
        indexes = [models.Index(fields=["on", "company"], name="ladder_move_order")]


class JudgingRule(models.Model):
    """When something happens to a company's deal, a classifier of the company gets a value."""

    class Trigger(models.TextChoices):
        WON = "won", _("A deal was won")
        LOST = "lost", _("A deal was lost")

    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    reason = models.CharField(max_length=40, blank=True, default="")  # slug of a loss reason; empty: any
    classifier = models.CharField(max_length=30)
    value = models.CharField(max_length=20, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "judging_rule"
        constraints = [
            models.UniqueConstraint(fields=["trigger", "reason", "classifier"], name="judging_rule_once"),
            models.CheckConstraint(
                condition=Q(trigger="lost") | Q(reason=""), name="judging_rule_reason_of_lost"
            ),
        ]
