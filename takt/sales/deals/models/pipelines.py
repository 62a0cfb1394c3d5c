"""Pipelines and their stages, and what a stage asks of a deal."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

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
    # From this stage on a special opportunity needs an approval; by whom: {"kind": "lead"}, {"kind": "role", "role":
    # "head"} or {"kind": "people", "people": [ids]}.
    approval_stage = models.ForeignKey(
        "Stage", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    approval_by = models.JSONField(default=dict, blank=True, db_default={})
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

    class Level(models.TextChoices):
        """The levels into which the business funnel divides an opportunity (features DL37), from the earliest on."""

        FIRST_CONTACT = "first_contact", _("First contact")
        COMPETITION = "competition", _("Competition")
        SIGNING = "signing", _("Signing")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages", db_index=False)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    probability = models.PositiveSmallIntegerField(default=0)
    norm_days = models.PositiveSmallIntegerField(null=True, blank=True)
    max_gap_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # What the firm's own passages say, kept each night by the room of pace; none where there are too few of them.
    usual_days = models.PositiveSmallIntegerField(null=True, blank=True)
    usual_count = models.PositiveIntegerField(default=0, db_default=0)
    # Percent of the pipeline's open deals that should stand here; None where its pace tells it.
    target_share = models.PositiveSmallIntegerField(null=True, blank=True)
    # Without one a stage belongs to the level of the stage before it.
    level = models.CharField(max_length=20, choices=Level.choices, blank=True, default="", db_default="")
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

    @property
    def limit_days(self) -> int | None:
        """After so many days a deal is too long here: what is usual in the firm, or the norm where little is known."""
        return self.norm_days if self.usual_days is None else self.usual_days

    # How the last change of what it asks for is taken back, for whoever made it; kept nowhere.
    way_back: dict[str, Any] | None = None


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


class SpecialKind(models.Model):
    """Why an opportunity is special and passes an approval: a key account, several bidders, another region."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "special_kind"

    def __str__(self) -> str:
        return self.name


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
