"""Imports, what each row of their files became, and mappings kept for the next time."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import User


class ImportQuerySet(models.QuerySet["Import"]):
    def alive(self) -> Self:
        return self

    def visible_to(self, user: User | None) -> Self:
        """One's own imports; an administrator sees everybody's."""
        if user is None or user.is_admin:
            return self
        return self.filter(user=user)


class Import(models.Model):
    """One or several files being brought in, from upload to undo.

    `parts` are the files in the order they are read: kind, path (within the data folder), name, encoding,
    delimiter, sheet, header, mapping (one field or null per column), total. `part` and `row` say up to where
    they have been carried out: both move in the same transaction as the records.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Ready to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        STOPPED = "stopped", _("Stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=20)
    preset = models.CharField(max_length=40, blank=True, default="")
    name = models.CharField(max_length=200)
    parts = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    part = models.PositiveSmallIntegerField(default=0)
    row = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problem = models.TextField(blank=True, default="")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        db_table = "import"
        indexes = [models.Index(fields=["-created_at", "-id"], name="import_latest")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a worker has it in hand, so that the page asks again in a second."""
        return self.state in {self.State.CHECKING, self.State.RUNNING, self.State.UNDOING}

    @property
    def total(self) -> int:
        return sum(int(p.get("total") or 0) for p in self.parts)

    @property
    def read(self) -> int:
        return int(self.counts.get("read", 0))

    @property
    def percent(self) -> int:
        return min(100, 100 * self.read // self.total) if self.total else 0

    @property
    def pace(self) -> int | None:
        """Rows per second of work; None while there is nothing to tell."""
        seconds = float(self.counts.get("seconds", 0))
        return round(self.read / seconds) if seconds and self.read else None

    def count(self, name: str) -> int:
        found: Any = self.counts.get(name, 0)
        return int(found)


class ImportRow(models.Model):
    """What became of one row: a record made or changed on its account, or the reason why it was refused."""

    class Outcome(models.TextChoices):
        CREATED = "created"
        UPDATED = "updated"
        REFUSED = "refused"
        LIKELY = "likely"  # told by the check: a new record that looks like one that is here
        KEPT = "kept"  # by an undo, because somebody has edited the record since

    job = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    part = models.PositiveSmallIntegerField()
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    kind = models.CharField(max_length=12, blank=True, default="")
    record = models.BigIntegerField(default=0)
    old = models.JSONField(null=True)
    reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "import_row"
        constraints = [
            models.UniqueConstraint(fields=["job", "part", "line", "kind", "record"], name="import_row_once")
        ]
        indexes = [
            models.Index(
                fields=["job", "part", "line"], name="import_row_refused", condition=Q(outcome="refused")
            )
        ]


class SavedMapping(models.Model):
    """Which column of a file goes where, kept under a name for files of the same make."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    columns = models.JSONField(default=dict)  # header: field
    options = models.JSONField(default=dict)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "saved_mapping"
        constraints = [models.UniqueConstraint(fields=["user", "kind", "name"], name="saved_mapping_once")]

    def __str__(self) -> str:
        return self.name
