from django.conf import settings
from django.db import models


class UndoEntry(models.Model):
    """How to take one act back: the inverse command and its arguments, for ten minutes."""

    token = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    inverse = models.TextField()
    arguments = models.JSONField()
    at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "undo_entry"
        indexes = [models.Index(fields=["user", "-at"], name="undo_entry_latest")]
