from django.conf import settings
from django.db import models


class Setting(models.Model):
    """A rule's parameter that differs from its default (domain spec 10)."""

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "setting"
