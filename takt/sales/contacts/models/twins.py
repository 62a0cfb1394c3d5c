"""Customers that may be the same, and those that were made one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Merge(models.Model):
    """Two records made one, with all that is needed to make them two again."""

    kind = models.CharField(max_length=10)
    survivor = models.BigIntegerField()
    loser = models.BigIntegerField()
    kept = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "customer_merge"
        indexes = [models.Index(fields=["kind", "survivor"], name="customer_merge_survivor")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "loser"], name="customer_merge_once", condition=models.Q(undone_at=None)
            )
        ]


class Twins(models.Model):
    """Two records that may be the same customer, as the last search found them; `one` is the older."""

    class Why(models.TextChoices):
        PHONE = "phone", _("The phone number is the same")
        EMAIL = "email", _("The e-mail address is the same")
        TAX_ID = "tax_id", _("The tax number is the same")
        NAME = "name", _("The name is nearly the same")

    kind = models.CharField(max_length=10)
    one = models.BigIntegerField()
    other = models.BigIntegerField()
    why = models.CharField(max_length=10, choices=Why.choices)
    likeness = models.FloatField(default=1)

    class Meta:
        db_table = "customer_twins"
        indexes = [
            models.Index(fields=["kind", "-likeness", "-id"], name="customer_twins_order"),
            models.Index(fields=["kind", "other"], name="customer_twins_other"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "one", "other"], name="customer_twins_once"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="customer_twins_two"),
        ]


class Distinct(models.Model):
    """Somebody decided that two records are not the same customer; `one` is the older."""

    kind = models.CharField(max_length=10)
    one = models.BigIntegerField()
    other = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        db_table = "customer_distinct"
        constraints = [
            models.UniqueConstraint(fields=["kind", "one", "other"], name="customer_distinct_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="customer_distinct_two"
            ),
        ]


class TwinSearch(models.Model):
    """How far in the stream of events changed records of a kind have been compared with all others."""

    kind = models.CharField(max_length=10, unique=True)
    tx = models.BigIntegerField(default=0)
    event = models.BigIntegerField(default=0)

    class Meta:
        db_table = "customer_twin_search"
