"""Deals, their pipelines and their history."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import OwnedQuerySet
from takt.kernel.fields.models import WithFields
from takt.kernel.lib.search import Searchable, search_indexes

USER = settings.AUTH_USER_MODEL


class Pipeline(models.Model):
    """A line of business with its own stages; a deal belongs to exactly one."""

    class CycleStart(models.TextChoices):
        CREATED = "created", _("The deal is created")
        FIRST_ACTIVITY = "first_activity", _("The first sales action")
        STAGE = "stage", _("The deal enters a stage")

    class CycleEnd(models.TextChoices):
        WON = "won", _("The deal is won")
        INVOICE_PAID = "invoice_paid", _("The invoice is paid")
        SHIPPED = "shipped", _("The goods are shipped")

    class GateMode(models.TextChoices):
        OFF = "off", _("Off")
        WARN = "warn", _("Warn")
        ENFORCE = "enforce", _("Enforce")

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    cycle_start = models.CharField(max_length=20, choices=CycleStart.choices, default=CycleStart.CREATED)
    cycle_start_stage = models.ForeignKey(
        "Stage", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Where deals of a source start otherwise ("mixed"): start by the source's id. Read with the pipeline at every move.
    cycle_start_by_source = models.JSONField(default=dict, blank=True)
    cycle_end = models.CharField(max_length=20, choices=CycleEnd.choices, default=CycleEnd.WON)
    gate_mode = models.CharField(max_length=10, choices=GateMode.choices, default=GateMode.WARN)
    gate_from = models.DateField(null=True, blank=True)  # before that day the mode is one step milder
    # Another one with every change of what the stages ask for, so that it can be kept in memory; none where they ask
    # for nothing.
    gate_stamp = models.UUIDField(null=True, blank=True, editable=False)
    allow_back_own = models.BooleanField(default=True)
    default_owner = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "pipeline"

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """An open stage; won and lost are a deal's status, not stages."""

    class Color(models.TextChoices):
        """Colours of the design, readable in both themes."""

        BLUE = "chart-1", _("Blue")
        TEAL = "chart-2", _("Teal")
        AMBER = "chart-3", _("Amber")
        VIOLET = "chart-4", _("Violet")
        GREY = "chart-5", _("Grey")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages", db_index=False)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    probability = models.PositiveSmallIntegerField(default=0)
    norm_days = models.PositiveSmallIntegerField(null=True, blank=True)
    max_gap_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Percent of the pipeline's open deals that should stand here; None where its pace tells it.
    target_share = models.PositiveSmallIntegerField(null=True, blank=True)
    hint = models.TextField(blank=True, default="")
    color = models.CharField(max_length=10, choices=Color.choices, blank=True, default="")
    specialist = models.ForeignKey(
        USER, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )  # who takes over the deals that come into it
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "stage"
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "position"],
                name="stage_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_once"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_percent"),
            models.CheckConstraint(
                condition=Q(target_share=None) | Q(target_share__lte=100), name="stage_target_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StageCriterion(models.Model):
    """What must be true for a deal to leave a stage forward: a check by name, or a sentence that a person confirms."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="criteria", db_index=False)
    text = models.CharField(max_length=200, blank=True, default="")
    check_name = models.CharField(max_length=40, blank=True, default="")
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "stage_criterion"
        indexes = [models.Index(fields=["stage", "position"], name="stage_criterion_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(check_name="", number=None) & ~Q(text="") | ~Q(check_name="") & Q(text=""),
                name="stage_criterion_one_kind",
            ),
            models.UniqueConstraint(
                fields=["stage", "check_name"], name="stage_check_once", condition=~Q(check_name="")
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.check_name


class StageField(models.Model):
    """A field that must be filled before a deal leaves a stage forward; one's own as `custom.<slug>`."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="fields", db_index=False)
    field = models.CharField(max_length=60)
    not_past = models.BooleanField(default=False)  # a date of today or later
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "stage_field"
        constraints = [models.UniqueConstraint(fields=["stage", "field"], name="stage_field_once")]

    def __str__(self) -> str:
        return self.field


class DealType(models.Model):
    name = models.CharField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "deal_type"

    def __str__(self) -> str:
        return self.name


class LossReason(models.Model):
    """Why deals are lost; a system reason is never offered for choice."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    needs_comment = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "loss_reason"

    def __str__(self) -> str:
        return self.name


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


_MONEY = models.DecimalField(max_digits=22, decimal_places=2)
_NET = Round(
    ExpressionWrapper(
        F("quantity") * F("price") * (Value(Decimal(100)) - F("discount")) * Value(Decimal("0.01")),
        output_field=_MONEY,
    ),
    precision=2,
)
_TAX = Case(
    When(
        price_includes_tax=False,
        tax_rate__isnull=False,
        then=Round(
            ExpressionWrapper(_NET * F("tax_rate") * Value(Decimal("0.01")), output_field=_MONEY), precision=2
        ),
    ),
    default=Value(Decimal(0)),
    output_field=_MONEY,
)


class DealLine(models.Model):
    """A product sold in a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="lines")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=1)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    discount = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)  # percent
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)  # percent
    price_includes_tax = models.BooleanField(default=True, db_default=True)  # as the setting was then
    # What the customer pays, by the rounding of `rules.line_total`.
    total = models.GeneratedField(
        expression=_NET + _TAX,
        output_field=models.DecimalField(max_digits=22, decimal_places=2),
        db_persist=True,
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "deal_line"
        indexes = [models.Index(fields=["deal", "position"], name="deal_line_of")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="deal_line_quantity"),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=100), name="deal_line_discount"
            ),
            models.CheckConstraint(
                condition=Q(tax_rate=None) | Q(tax_rate__gte=0, tax_rate__lte=100), name="deal_line_tax"
            ),
        ]


class Qualification(models.Model):
    """What is known of the customer's need and decision (domain spec 6.1); a deal without it is at nought.

    Answers are 0 unknown, 1 partial or assumed, 2 confirmed. The budget is in the deal's currency.
    """

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="qualification")
    need = models.PositiveSmallIntegerField(default=0)
    budget = models.PositiveSmallIntegerField(default=0)
    authority = models.PositiveSmallIntegerField(default=0)
    timing = models.PositiveSmallIntegerField(default=0)
    metrics = models.PositiveSmallIntegerField(default=0)
    economic_buyer = models.PositiveSmallIntegerField(default=0)
    decision_criteria = models.PositiveSmallIntegerField(default=0)
    decision_process = models.PositiveSmallIntegerField(default=0)
    identified_pain = models.PositiveSmallIntegerField(default=0)
    champion = models.PositiveSmallIntegerField(default=0)
    evidence = models.JSONField(default=dict)  # question: note or link
    need_text = models.TextField(blank=True, default="")
    budget_from = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    budget_to = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    timeframe = models.CharField(max_length=120, blank=True, default="")
    criteria_text = models.TextField(blank=True, default="")
    has_no_competitors = models.BooleanField(default=False)
    bant = models.GeneratedField(
        expression=F("need") + F("budget") + F("authority") + F("timing"),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    meddic = models.GeneratedField(
        expression=F("metrics")
        + F("economic_buyer")
        + F("decision_criteria")
        + F("decision_process")
        + F("identified_pain")
        + F("champion"),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        db_table = "deal_qualification"
        indexes = [
            models.Index(fields=["bant", "deal"], name="qualification_bant"),
            models.Index(fields=["meddic", "deal"], name="qualification_meddic"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(need__lte=2, budget__lte=2, authority__lte=2, timing__lte=2),
                name="qualification_bant_answers",
            ),
            models.CheckConstraint(
                condition=Q(
                    metrics__lte=2,
                    economic_buyer__lte=2,
                    decision_criteria__lte=2,
                    decision_process__lte=2,
                    identified_pain__lte=2,
                    champion__lte=2,
                ),
                name="qualification_meddic_answers",
            ),
            models.CheckConstraint(
                condition=Q(budget_from=None) | Q(budget_to=None) | Q(budget_from__lte=F("budget_to")),
                name="qualification_budget_range",
            ),
        ]


class Competitor(models.Model):
    """Who else offers the same; the list grows as people name them."""

    name = models.CharField(max_length=120)
    key = models.CharField(max_length=200, unique=True, editable=False)  # folded: one name, one competitor
    sort_key = models.CharField(max_length=200, editable=False)

    class Meta:
        db_table = "competitor"

    def __str__(self) -> str:
        return self.name


class DealCompetitor(models.Model):
    """A competitor met in a deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="rivals", db_index=False)
    competitor = models.ForeignKey(Competitor, models.PROTECT, related_name="deals")

    class Meta:
        db_table = "deal_competitor"
        constraints = [models.UniqueConstraint(fields=["deal", "competitor"], name="deal_competitor_once")]


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
