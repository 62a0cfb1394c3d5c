from django.db import models


class Heartbeat(models.Model):
    """When the worker was last seen alive."""

    name = models.TextField(unique=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"
