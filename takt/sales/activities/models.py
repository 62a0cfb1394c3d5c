"""Planned sales actions and notes."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Upper

from takt.kernel.access.reach import OwnedQuerySet, granted, owners_within
from takt.kernel.accounts.models import User


class TaskType(models.Model):
    """Call, e-mail, messenger, LinkedIn, meeting, task; an administrator may add more."""

    slug = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    icon = models.CharField(max_length=30)
    counts_as_action = models.BooleanField(default=True)
    default_minutes = models.PositiveSmallIntegerField(default=10)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "task_type"

    def __str__(self) -> str:
        return self.name


class TaskQuerySet(OwnedQuerySet["Task"]):
    entity = "task"
    owner_path = "assignee_id"
    unowned_is_shared = False

    def within(self, user: User | None, act: str) -> Q:
        """Own tasks, those of one's people, and those on deals that one sees."""
        condition = super().within(user, act)
        owners = owners_within(user, "deal", act)
        if condition and owners is not None:
            condition |= Q(deal_owner_id__in=sorted(owners))
            if shared := granted(user, "deal", act):
                condition |= Q(deal_id__in=sorted(shared))
        return condition

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def open(self) -> Self:
        return self.filter(status=Task.Status.OPEN)

    def binned(self) -> Self:
        """What somebody removed by itself; what went with a deal or a customer comes back with that."""
        gone = Q(deal__deleted_at__isnull=False) | Q(company__deleted_at__isnull=False)
        return self.exclude(deleted_by=None).exclude(deleted_at=None).exclude(gone)


class Task(models.Model):
    """A planned sales action on a deal, a company or a contact, at a time."""

    class Status(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        CANCELLED = "cancelled"

    type = models.ForeignKey(TaskType, models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True, default="")
    due_at = models.DateTimeField()
    is_all_day = models.BooleanField(default=False)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="tasks", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    deal = models.ForeignKey(
        "deals.Deal", models.CASCADE, null=True, blank=True, related_name="tasks", db_index=False
    )
    # Whose the deal is, kept by the commands of deals: so lists of tasks need not look there for what one may see.
    deal_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    company = models.ForeignKey(
        "contacts.Company", models.CASCADE, null=True, blank=True, related_name="tasks", db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, null=True, blank=True, related_name="tasks", db_index=False
    )
    result = models.TextField(blank=True, default="")
    outcome = models.CharField(max_length=20, blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    cancel_reason = models.CharField(max_length=200, blank=True, default="")
    next_task = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    reschedules = models.PositiveSmallIntegerField(default=0)
    via = models.CharField(max_length=20, default="ui")
    import_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "task"
        indexes = [
            models.Index(
                fields=["assignee", "due_at", "id"], name="task_open_of", condition=Q(status="open")
            ),
            models.Index(fields=["assignee", "done_at"], name="task_done_of", condition=Q(status="done")),
            models.Index(fields=["deal", "due_at"], name="task_of_deal"),
            models.Index(fields=["company"], name="task_of_company", condition=Q(company__isnull=False)),
            models.Index(fields=["contact"], name="task_of_contact", condition=Q(contact__isnull=False)),
            models.Index(fields=["due_at", "id"], name="task_order"),
            models.Index(
                fields=["status", "due_at", "id"], name="task_ended_order", condition=~Q(status="open")
            ),
            GinIndex(OpClass(Upper("title"), "gin_trgm_ops"), name="task_title_words", fastupdate=False),
            # Asked by the database itself for every task that is removed for good.
            models.Index(fields=["next_task"], name="task_next_task", condition=~Q(next_task=None)),
            models.Index(fields=["done_at"], name="task_done_at", condition=Q(status="done")),
            models.Index(fields=["deleted_at", "id"], name="task_binned", condition=~Q(deleted_at=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_has_title"),
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False) | (~Q(status="done") & Q(done_at=None)),
                name="task_done_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes are seen by whoever sees the record they are on; changed by who wrote them, or an administrator."""

    def on_records_of(self, user: User | None, act: str = "view") -> Self:
        seen = Q()
        for kind in Note.KINDS:
            parent: Any = Note._meta.get_field(kind).related_model
            rows = parent.objects.visible_to(user, act).filter(pk=OuterRef(f"{kind}_id"))
            seen |= Q(Exists(rows))
        return self.filter(seen)

    def visible_to(self, user: User | None, act: str = "view") -> Self:
        rows = self.filter(deleted_at=None).on_records_of(user)
        return rows if act == "view" or user is None or user.is_admin else rows.filter(author=user)

    def restorable_by(self, user: User | None) -> Self:
        """What an author removed, where he still sees the record; an administrator everything."""
        rows = self.exclude(deleted_at=None)
        if user is None:
            return rows
        rows = rows.on_records_of(user)
        return rows if user.is_admin else rows.filter(deleted_by=user)


class Note(models.Model):
    """A comment on a deal, a company or a contact."""

    KINDS = ("deal", "company", "contact")

    body = models.TextField()
    deal = models.ForeignKey("deals.Deal", models.CASCADE, null=True, blank=True, related_name="notes")
    company = models.ForeignKey(
        "contacts.Company", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    contact = models.ForeignKey(
        "contacts.Contact", models.CASCADE, null=True, blank=True, related_name="notes"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    # Pinned notes stand on top of the timeline, the latest pinned first.
    pinned_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    objects = NoteQuerySet.as_manager()

    class Meta:
        db_table = "note"
        indexes = [
            models.Index(
                fields=["deal"], name="note_pinned_deal", condition=~Q(pinned_at=None) & ~Q(deal=None)
            ),
            models.Index(
                fields=["company"],
                name="note_pinned_company",
                condition=~Q(pinned_at=None) & ~Q(company=None),
            ),
            models.Index(
                fields=["contact"],
                name="note_pinned_contact",
                condition=~Q(pinned_at=None) & ~Q(contact=None),
            ),
            models.Index(fields=["deleted_at", "id"], name="note_binned", condition=~Q(deleted_at=None)),
        ]

    @property
    def parent(self) -> tuple[str, int]:
        """The kind and the key of the record that it is on."""
        return next((k, n) for k in self.KINDS if (n := getattr(self, f"{k}_id")) is not None)


class FocusBlock(models.Model):
    """Tasks worked through one after another; where it was left it is found again, on any device."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # Since when the clock counts for the task in hand; empty while it stands.
    counted_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "focus_block"
        constraints = [
            models.UniqueConstraint(fields=["user"], name="focus_one_open", condition=Q(ended_at=None)),
        ]


class FocusItem(models.Model):
    """One task of a block: its turn, the time spent on it, and how it left the queue."""

    class Left(models.TextChoices):
        WAITING = ""
        DONE = "done"
        MOVED = "moved"

    block = models.ForeignKey(FocusBlock, models.CASCADE, related_name="items", db_index=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField(default=0)
    skips = models.PositiveSmallIntegerField(default=0)
    left = models.CharField(max_length=10, choices=Left.choices, blank=True, default="")
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "focus_item"
        constraints = [models.UniqueConstraint(fields=["block", "task"], name="focus_item_once")]
