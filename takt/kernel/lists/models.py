from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A list's filters, order and columns under a name; the view is a URL query, its rows stay by right."""

    resource = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    is_shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "saved_view"
        constraints = [
            models.UniqueConstraint(fields=["owner", "resource", "name"], name="saved_view_name_once")
        ]


class ColumnChoice(models.Model):
    """How a user has set up a list: columns in order, their widths, and the view it opens with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    resource = models.CharField(max_length=40)
    columns = models.JSONField(default=list)
    widths = models.JSONField(default=dict)  # pixels by column
    start = models.CharField(max_length=200, blank=True, default="")  # a saved view's id, or a URL query

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "column_choice"
        constraints = [models.UniqueConstraint(fields=["user", "resource"], name="column_choice_once")]


class BulkRun(models.Model):
    """One act on many records, over a selection or a whole filter; what it is to change was fixed at its start."""

    class State(models.TextChoices):
        RUNNING = "running", _("At work")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        UNDOING = "undoing", _("Taking back")
        UNDONE = "undone", _("Taken back")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bulk_runs")
    resource = models.CharField(max_length=40)
    act = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)  # looked at, whatever came of it
    changed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)  # taken back
    kept = models.PositiveIntegerField(default=0)  # not taken back, for somebody changed them since
    batch = models.UUIDField()
    via = models.CharField(max_length=20, default="ui")
    undo = models.UUIDField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "bulk_run"
        indexes = [
            models.Index(fields=["user", "-id"], name="bulk_run_of"),
            models.Index(
                fields=["id"],
                name="bulk_run_unfinished",
                condition=models.Q(state__in=["running", "undoing"]),
            ),
        ]


class BulkItem(models.Model):
    """One record of a bulk act: still to do, or what became of it and how it is put back."""

    class State(models.TextChoices):
        WAITING = "waiting"
        CHANGED = "changed"
        SAME = "same"
        SKIPPED = "skipped"
        RETURNED = "returned"
        KEPT = "kept"

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="items", db_index=False)
    record = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=400, blank=True, default="")
    image = models.JSONField(null=True)

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "bulk_item"
        constraints = [models.UniqueConstraint(fields=["run", "state", "record"], name="bulk_item_once")]


class SearchWord(models.Model):
    """A word that names are made of, and what is left of it when letters are mistyped (kernel/lists/words.py)."""

    word = models.CharField(max_length=40, unique=True)
    spelling = models.CharField(max_length=40)
    records = models.IntegerField()
    forms = ArrayField(models.TextField())

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "search_word"
        indexes = [GinIndex(fields=["forms"], name="search_word_forms", fastupdate=False)]
