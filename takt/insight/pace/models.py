"""What the firm's own pace says of its stages and deals; recomputable from the passages, save for what was told."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from takt.kernel.accounts.models import User
from takt.sales.deals.models import Deal, Stage, StagePassage

USER = settings.AUTH_USER_MODEL


class StagePace(models.Model):
    """How long deals stay in a stage: of those that went on in the last 180 days, and with the open ones thought of."""

    stage = models.OneToOneField(Stage, models.CASCADE, related_name="pace")
    count = models.PositiveIntegerField(default=0)
    mean = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    median = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    p75 = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    p90 = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    censored_median = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    found_at = models.DateTimeField()

    class Meta:
        db_table = "stage_pace"


class FlagQuerySet(models.QuerySet["DealFlags"]):
    def visible_to(self, user: User | None) -> Self:
        return self.filter(deal__in=Deal.objects.visible_to(user).open())


class DealFlags(models.Model):
    """An open deal that has a next step and is suspicious all the same (moonshot M2)."""

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="pace_flags")
    too_far = models.BooleanField(default=False)
    stale = models.BooleanField(default=False)
    gap_days = models.PositiveIntegerField()  # working days from the last contact to the next one
    gap_limit = models.PositiveIntegerField(null=True)
    age_days = models.PositiveIntegerField()
    age_limit = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    since = models.DateTimeField()

    objects = FlagQuerySet.as_manager()

    class Meta:
        db_table = "deal_flags"
        constraints = [
            models.CheckConstraint(condition=Q(too_far=True) | Q(stale=True), name="deal_flags_something")
        ]


class StageAlert(models.Model):
    """The owner was told that a deal is too long in its stage; once per stay."""

    passage = models.OneToOneField(StagePassage, models.CASCADE, related_name="alert")
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="stage_alerts")
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+")
    limit = models.DecimalField(max_digits=10, decimal_places=2)
    is_own = models.BooleanField()  # the limit is the firm's own figure, not the norm
    at = models.DateTimeField()
    review = models.ForeignKey("activities.Task", models.SET_NULL, null=True, related_name="+")
    review_at = models.DateTimeField(null=True)  # when the review was asked for

    class Meta:
        db_table = "stage_alert"
        indexes = [models.Index(fields=["owner", "review_at"], name="stage_alert_reviews")]
