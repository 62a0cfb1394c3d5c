"""What is known of the files that people attach to records; the bytes lie in the data folder (`storing.py`)."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.records import model_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound

HELD = "held:"
# To what files may be attached.
KINDS = ("deal", "company", "contact", "product", "task", "note")


class FileQuerySet(models.QuerySet["File"]):
    """A file is seen by whoever sees its record, and there is no other right on it."""

    def on_records_of(self, user: User | None, act: str = "view") -> Self:
        parts = []
        for kind in KINDS:
            model: Any = model_of(kind)
            rows = model.objects.visible_to(user, act).filter(pk=OuterRef("object_id"))
            parts.append(Q(kind=kind) & Q(Exists(rows)))
        return self.filter(reduce(or_, parts))

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def of(self, kind: str, number: int) -> Self:
        return self.alive().filter(kind=kind, object_id=number).order_by("-uploaded_at", "-id")

    def visible_to(self, user: User | None, act: str = "view") -> Self:
        return self.alive().on_records_of(user, act)

    def found(self, pk: int, *, by: User | None) -> "File":
        """The file, or NotFound: hidden and missing are the same answer."""
        row = self.visible_to(by).filter(pk=pk).first() if 0 < pk < 2**63 else None
        if row is None:
            raise NotFound
        return row

    def restorable_by(self, user: User | None) -> Self:
        """What the person removed himself, where he still sees the record; an administrator everything."""
        rows = self.exclude(deleted_at=None)
        if user is None:
            return rows
        rows = rows.on_records_of(user)
        return rows if user.is_admin else rows.filter(deleted_by=user)

    def orphans(self) -> Self:
        """Files whose record has left the database for good."""
        parts = []
        for kind in KINDS:
            model: Any = model_of(kind)
            stands = model._base_manager.filter(pk=OuterRef("object_id"))
            parts.append(Q(kind=kind) & ~Q(Exists(stands)))
        return self.filter(reduce(or_, parts))


class File(models.Model):
    """One uploaded file of a record. Its name is what people see; on disk it lies under `stored`, a random name."""

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    name = models.CharField(_("Name"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=40, unique=True)
    # What it may be shown as beside the page, by its own first bytes; empty for what is only downloaded.
    shown_as = models.CharField(max_length=40, blank=True, default="")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = FileQuerySet.as_manager()

    class Meta:
        db_table = "file"
        indexes = [
            models.Index(fields=["kind", "object_id", "-uploaded_at"], name="file_of_record"),
            models.Index(fields=["deleted_at", "id"], name="file_binned", condition=~Q(deleted_at=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="file_kind_known"),
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size"),
            models.CheckConstraint(condition=~Q(name=""), name="file_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.shown_as.startswith("image/")


class HeldFile(models.Model):
    """A file uploaded with a form that is not saved yet: its sender's alone, for a day, under a token."""

    token = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=40, unique=True)
    shown_as = models.CharField(max_length=40, blank=True, default="")
    held_at = models.DateTimeField()

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "file_held"
        indexes = [models.Index(fields=["held_at"], name="file_held_at")]

    def __str__(self) -> str:
        return self.name

    @property
    def word(self) -> str:
        """What stands for the file in a form or a request until its record is saved."""
        return f"{HELD}{self.token.hex}"
