from django.conf import settings
from django.db import models


class Heartbeat(models.Model):
    """When the worker was last seen alive."""

    name = models.TextField(unique=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"


class JobError(models.Model):
    """Why a background job last failed; the queue itself keeps only that it did."""

    job = models.BigIntegerField(unique=True)
    error = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "job_error"


class KeptAnswer(models.Model):
    """What a question that takes long was last answered, or that somebody waits for it."""

    key = models.CharField(max_length=64, unique=True)
    name = models.TextField()
    params = models.JSONField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    language = models.CharField(max_length=10)
    value = models.JSONField(null=True)
    took_ms = models.IntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kept_answer"
