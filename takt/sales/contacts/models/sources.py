"""Where customers come from."""

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
