from django.db import models


class ExchangeRate(models.Model):
    """What one unit of `currency` was worth in the organisation's currency from day `on` on."""

    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        db_table = "exchange_rate"
        constraints = [
            models.UniqueConstraint(fields=["currency", "on"], name="exchange_rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_positive"),
        ]
