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
