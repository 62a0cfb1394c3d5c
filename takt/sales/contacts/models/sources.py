"""Where customers come from."""

from typing import ClassVar

from django.db import models


class Source(models.Model):
    """Where a customer first came from; never lost once set."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "source"

    def __str__(self) -> str:
        return self.name


class SourceCost(models.Model):
    """What a source of customers cost in a month, in one currency."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="costs", db_index=False)
    month = models.DateField()  # its first day
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "source_cost"
        constraints = [
            models.UniqueConstraint(fields=["source", "month", "currency"], name="source_cost_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="source_cost_positive"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="source_cost_whole_month"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.month:%Y-%m} {self.currency}"
