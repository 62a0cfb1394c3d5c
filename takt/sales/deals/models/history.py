"""What happened to deals, and the sums kept of them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from takt.sales.deals.models.deals import Deal
from takt.sales.deals.models.pipelines import Pipeline, Stage, StageCriterion

USER = settings.AUTH_USER_MODEL


class StagePassage(models.Model):
    """A deal's stay in a stage. Past days' reports come from here, never from today's values."""

    class Exit(models.TextChoices):
        ADVANCED = "advanced"
        MOVED_BACK = "moved_back"
        SKIPPED_OVER = "skipped_over"
        WON = "won"
        LOST = "lost"
        PIPELINE_CHANGED = "pipeline_changed"
        DELETED = "deleted"

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="passages", db_index=False)
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="passages", db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    exit = models.CharField(max_length=20, choices=Exit.choices, blank=True, default="")
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    via = models.CharField(max_length=20, default="ui")
    # How it was left: who did it, what its gate missed at that moment, and why it was forced all the same.
    left_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    checklist_snapshot = models.JSONField(null=True, blank=True)
    forced_reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        db_table = "stage_passage"
        indexes = [
            models.Index(
                fields=["-left_at", "-id"],
                name="passage_incomplete",
                condition=Q(checklist_snapshot__isnull=False),
            ),
            models.Index(fields=["deal", "entered_at", "id"], name="passage_of_deal"),
            models.Index(
                fields=["pipeline", "entered_at", "stage"],
                name="passage_entered",
                include=["deal", "left_at", "exit"],
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["deal"], name="passage_one_current", condition=Q(left_at=None)),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="passage_forward"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, exit="") | (Q(left_at__isnull=False) & ~Q(exit="")),
                name="passage_exit_when_left",
            ),
        ]


class CriterionTick(models.Model):
    """A criterion of a stage that a person confirmed for a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="ticks", db_index=False)
    criterion = models.ForeignKey(StageCriterion, models.CASCADE, related_name="ticks")
    ticked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    ticked_at = models.DateTimeField()

    class Meta:
        db_table = "criterion_tick"
        constraints = [models.UniqueConstraint(fields=["deal", "criterion"], name="criterion_tick_once")]


class OwnerPeriod(models.Model):
    """Who was responsible for a deal, from when until when."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="owner_periods", db_index=False)
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "owner_period"
        indexes = [models.Index(fields=["deal", "from_at"], name="owner_period_of_deal")]
        constraints = [
            models.UniqueConstraint(
                fields=["deal"], name="owner_period_one_current", condition=Q(until_at=None)
            )
        ]


class StageTotal(models.Model):
    """Rollup of open deals per stage, owner and currency; kept by the commands, verified by doctor.

    Deals whose probability is overridden are counted in `amount` and again in the last two.
    """

    stage = models.ForeignKey(Stage, models.CASCADE, db_index=False)
    owner = models.ForeignKey(USER, models.CASCADE, db_index=False)
    currency = models.CharField(max_length=3)
    deals = models.IntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    overridden = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    overridden_weighted = models.DecimalField(max_digits=22, decimal_places=4, default=0)

    class Meta:
        db_table = "stage_total"
        constraints = [models.UniqueConstraint(fields=["stage", "owner", "currency"], name="stage_total_key")]


class ClosedTotal(models.Model):
    """Rollup of won and lost deals per pipeline, owner and currency; kept by the commands, verified by doctor.

    `base` is in the organisation's currency at the frozen rates; `unrated` is the amount that had no rate.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, db_index=False)
    owner = models.ForeignKey(USER, models.CASCADE, db_index=False)
    status = models.CharField(max_length=4, choices=Deal.Status.choices)
    currency = models.CharField(max_length=3)
    deals = models.IntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    base = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    unrated = models.DecimalField(max_digits=20, decimal_places=2, default=0)

    class Meta:
        db_table = "closed_total"
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "owner", "status", "currency"], name="closed_total_key"
            )
        ]
