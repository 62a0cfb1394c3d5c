"""What a deal is about: its products, the customer's need and who else offers."""

from decimal import Decimal

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Greatest, Round

from takt.sales.deals.models.deals import Deal

_MONEY = models.DecimalField(max_digits=22, decimal_places=2)
_NET = Greatest(
    Round(
        ExpressionWrapper(
            F("quantity") * F("price") * (Value(Decimal(100)) - F("discount")) * Value(Decimal("0.01"))
            - F("discount_amount"),
            output_field=_MONEY,
        ),
        precision=2,
    ),
    Value(Decimal(0)),
    output_field=_MONEY,
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
    discount_amount = models.DecimalField(
        max_digits=18, decimal_places=2, default=0, db_default=0
    )  # instead of it
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
                condition=Q(discount_amount=0) | Q(discount_amount__gt=0, discount=0),
                name="deal_line_one_discount",
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
