"""The fields that an organisation adds to its records, and the column that keeps their values."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Entity(models.TextChoices):
    """What may be given fields of one's own."""

    DEAL = "deal", _("Deals")
    COMPANY = "company", _("Companies")
    CONTACT = "contact", _("Contacts")
    PRODUCT = "product", _("Products")


# By name, because these rooms stand higher.
MODELS = {
    Entity.DEAL: "deals.Deal",
    Entity.COMPANY: "contacts.Company",
    Entity.CONTACT: "contacts.Contact",
    Entity.PRODUCT: "catalog.Product",
}


class FieldKind(models.TextChoices):
    """What a field holds; it never changes once the field is made."""

    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    CHOICE = "choice", _("Choice")
    CHOICES = "choices", _("Several choices")
    YES_NO = "yes_no", _("Yes or no")
    USER = "user", _("Colleague")
    COMPANY = "company", _("Company")
    CONTACT = "contact", _("Contact")
    URL = "url", _("Web address")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    FILE = "file", _("File")


class FieldQuerySet(models.QuerySet["FieldDefinition"]):
    def active(self) -> "FieldQuerySet":
        return self.filter(retired_at=None)

    def for_all(self) -> "FieldQuerySet":
        return self.filter(only_record=None)

    def of(self, entity: str, record: int | None = None) -> "FieldQuerySet":
        """The fields of a kind of record, and those of this one record, in their order."""
        mine = Q(only_record=None) if record is None else Q(only_record=None) | Q(only_record=record)
        return self.filter(mine, entity=entity).order_by("position", "id")


class FieldDefinition(models.Model):
    """A field of one's own. `slug` and `kind` stay for ever; a retired field keeps its values."""

    entity = models.CharField(max_length=20, choices=Entity.choices)
    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=FieldKind.choices)
    options = models.JSONField(default=list, blank=True)  # of choices: [{"key", "label", "is_active"}]
    position = models.PositiveSmallIntegerField(default=0)
    is_required = models.BooleanField(default=False)
    hint = models.CharField(max_length=200, blank=True, default="")
    only_record = models.BigIntegerField(null=True, blank=True)  # a field of this one record only
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = FieldQuerySet.as_manager()

    class Meta:
        db_table = "field_definition"
        indexes = [models.Index(fields=["entity", "only_record", "position", "id"], name="field_order")]
        constraints = [
            models.UniqueConstraint(fields=["entity", "slug"], name="field_slug_once"),
            models.CheckConstraint(condition=Q(entity__in=Entity.values), name="field_entity_known"),
            models.CheckConstraint(condition=Q(kind__in=FieldKind.values), name="field_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.retired_at is None

    @property
    def column(self) -> str:
        """How lists, forms and files call it; no field of Takt's own begins so."""
        return f"cf_{self.slug}"

    @property
    def is_choice(self) -> bool:
        return self.kind in {FieldKind.CHOICE, FieldKind.CHOICES}

    @property
    def is_reference(self) -> bool:
        return self.kind in {FieldKind.USER, FieldKind.COMPANY, FieldKind.CONTACT, FieldKind.FILE}

    def labels(self) -> dict[str, str]:
        """The label of each key, of options no longer offered as well."""
        return {option["key"]: option["label"] for option in self.options}

    def offered(self, *chosen: str) -> list[tuple[str, str]]:
        """What may be chosen; a retired option only where it stands already."""
        return [(o["key"], o["label"]) for o in self.options if o["is_active"] or o["key"] in chosen]


class WithFields(models.Model):
    """A record that can be given fields of one's own; values by slug, each in the form of its kind."""

    custom: Any = models.JSONField(default=dict, blank=True, db_default={})

    class Meta:
        abstract = True
