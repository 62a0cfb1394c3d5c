"""A deal, and who takes part in it on both sides."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import OwnedQuerySet
from takt.kernel.fields.models import WithFields
from takt.kernel.lib.search import Searchable, search_indexes
from takt.sales.deals.models.pipelines import DealType, LossReason, Pipeline, Stage

USER = settings.AUTH_USER_MODEL


class DealQuerySet(OwnedQuerySet["Deal"]):
    entity = "deal"
    unowned_is_shared = False

    def open(self) -> "DealQuerySet":
        return self.filter(status=Deal.Status.OPEN)

    def without_next_step(self) -> "DealQuerySet":
        """Open deals that break the first rule: no open task and no snooze."""
        return self.open().filter(next_task=None)


class Deal(Searchable, WithFields):
    """A sale in the making. While it is open it has a stage and, by rule, a next step."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    class Precision(models.TextChoices):
        TIME = "time"
        DAY = "day"

    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="deals", db_index=False)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", db_index=False)
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    owner = models.ForeignKey(USER, models.PROTECT, related_name="deals", db_index=False)
    company = models.ForeignKey(
        "contacts.Company", models.PROTECT, null=True, blank=True, related_name="deals"
    )
    type = models.ForeignKey(
        DealType, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    source = models.ForeignKey(
        "contacts.Source", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    amount_is_estimated = models.BooleanField(default=False)
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)  # frozen at close
    rate_on = models.DateField(null=True, blank=True)
    amount_base = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True
    )  # closed deals only
    # What subcontracted work costs, in the deal's currency; converted at the deal's own rate.
    contractor_cost = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    probability = models.PositiveSmallIntegerField(null=True, blank=True)  # overrides the stage's
    expected_close_on = models.DateField(null=True, blank=True)
    next_task = models.ForeignKey(
        "activities.Task", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    next_due_at = models.DateTimeField(null=True, blank=True)
    stage_entered_at = models.DateTimeField()
    max_stage_position = models.PositiveSmallIntegerField(default=0)
    last_activity_at = models.DateTimeField()
    cycle_start_at = models.DateTimeField(null=True, blank=True)  # unknown stays outside of cycle figures
    closed_at = models.DateTimeField(null=True, blank=True)
    precision = models.CharField(max_length=4, choices=Precision.choices, default=Precision.TIME)
    loss_reason = models.ForeignKey(
        LossReason, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    loss_comment = models.TextField(blank=True, default="")
    competitor = models.CharField(max_length=120, blank=True, default="")
    closing_comment = models.TextField(blank=True, default="")
    snoozed_until = models.DateField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=200, blank=True, default="")
    # A lost deal is tried again on this day, by this task; the task is its customer's, a closed deal has none.
    try_again_on = models.DateField(null=True, blank=True)
    try_again_task = models.ForeignKey(
        "activities.Task", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # What is offered to the customer for some days only.
    offer = models.CharField(max_length=200, blank=True, default="", db_default="")
    offer_until = models.DateField(null=True, blank=True)
    # The deal that this one follows: the same customer, the same first source.
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", db_index=False
    )
    about = models.TextField(blank=True, default="")
    # Started from four fields: no gate holds it up, what is missing stands on its page.
    is_quick = models.BooleanField(default=False, db_default=False)
    # Why it is a special opportunity (SpecialKind, by number); none where it is an ordinary one.
    special = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    import_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=1)

    objects = DealQuerySet.as_manager()

    class Meta:
        db_table = "deal"
        indexes = [
            models.Index(
                fields=["stage", "-last_activity_at", "-id"],
                name="deal_board",
                condition=Q(status="open", deleted_at=None),
            ),
            models.Index(
                fields=["owner", "stage", "-last_activity_at", "-id"],
                name="deal_board_of_owner",
                # What Today asks of a rep's own deals is answered from here alone.
                include=["stage_entered_at", "snoozed_until", "expected_close_on", "next_task"],
                condition=Q(status="open", deleted_at=None),
            ),
            models.Index(
                fields=["-last_activity_at", "-id"], name="deal_latest", condition=Q(deleted_at=None)
            ),
            models.Index(
                fields=["owner", "-last_activity_at", "-id"],
                name="deal_of_owner",
                condition=Q(deleted_at=None),
            ),
            models.Index(
                fields=["pipeline", "expected_close_on", "stage", "amount"],
                name="deal_forecast",
                condition=Q(status="open", deleted_at=None),
            ),
            models.Index(
                fields=["pipeline", "status", "closed_at"],
                name="deal_closed",
                include=["owner", "amount_base", "cycle_start_at", "loss_reason"],
                condition=~Q(status="open") & Q(deleted_at=None),
            ),
            models.Index(
                fields=["owner"],
                name="deal_no_next_step",
                condition=Q(status="open", deleted_at=None, next_task=None),
            ),
            models.Index(fields=["-amount", "-id"], name="deal_amount", condition=Q(deleted_at=None)),
            models.Index(fields=["sort_key", "id"], name="deal_name", condition=Q(deleted_at=None)),
            # Asked by the database itself for every task that is removed for good.
            models.Index(fields=["next_task"], name="deal_next_task", condition=~Q(next_task=None)),
            models.Index(fields=["try_again_task"], name="deal_try_again", condition=~Q(try_again_task=None)),
            models.Index(fields=["parent"], name="deal_parent", condition=~Q(parent=None)),
            models.Index(fields=["deleted_at", "id"], name="deal_binned", condition=~Q(deleted_at=None)),
            GinIndex(fields=["tags"], name="deal_tags"),
            models.Index(
                fields=["pipeline"], name="deal_special", condition=~Q(special=[]) & Q(deleted_at=None)
            ),
            *search_indexes("deal"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="deal_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status="lost", loss_reason__isnull=False)
                | (~Q(status="lost") & Q(loss_reason=None)),
                name="deal_lost_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__lte=100), name="deal_probability"
            ),
            models.CheckConstraint(
                condition=Q(contractor_cost=None) | Q(contractor_cost__gte=0), name="deal_contractor_cost"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="deal_amount_not_negative"
            ),
            models.CheckConstraint(condition=~Q(currency=""), name="deal_has_currency"),
            models.CheckConstraint(
                condition=Q(next_task=None, next_due_at=None)
                | Q(next_task__isnull=False, next_due_at__isnull=False),
                name="deal_next_step_whole",
            ),
            models.CheckConstraint(
                condition=Q(offer="", offer_until=None) | (~Q(offer="") & Q(offer_until__isnull=False)),
                name="deal_offer_whole",
            ),
            models.CheckConstraint(
                condition=Q(try_again_on=None) | Q(status="lost"), name="deal_try_again_when_lost"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # What the last move went on without, for whoever made it; kept in the passage, not here.
    missing: tuple[Any, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class DealContact(models.Model):
    """A person's part in a deal."""

    class Part(models.TextChoices):
        DECISION_MAKER = "decision_maker", _("Decision maker")
        ECONOMIC_BUYER = "economic_buyer", _("Economic buyer")
        CHAMPION = "champion", _("Champion")
        INFLUENCER = "influencer", _("Influencer")
        USER = "user", _("User")
        PROCUREMENT = "procurement", _("Procurement")
        LEGAL = "legal", _("Legal")
        BLOCKER = "blocker", _("Blocker")

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="parts", db_index=False)
    contact = models.ForeignKey("contacts.Contact", models.CASCADE, related_name="parts")
    part = models.CharField(max_length=20, choices=Part.choices, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "deal_contact"
        constraints = [models.UniqueConstraint(fields=["deal", "contact"], name="deal_contact_once")]


class Watcher(models.Model):
    """Somebody who is told of a deal's moves, of its end and of comments on it, as long as he may see it."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="watchers", db_index=False)
    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        db_table = "deal_watcher"
        constraints = [models.UniqueConstraint(fields=["deal", "user"], name="deal_watcher_once")]
