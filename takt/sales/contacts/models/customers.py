"""Companies and people."""

from collections.abc import Sequence
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import OwnedQuerySet
from takt.kernel.fields.models import WithFields
from takt.kernel.lib.search import Searchable, search_indexes
from takt.sales.contacts import classifiers, rules
from takt.sales.contacts.models.sources import Source


class CustomerQuerySet[M: models.Model](OwnedQuerySet[M]):
    def binned(self) -> Self:
        """What was deleted; who was merged into another is not in the bin: un-merging brings him back."""
        return super().binned().filter(merged_into=None)


class CompanyQuerySet(CustomerQuerySet["Company"]):
    entity = "company"


class ContactQuerySet(CustomerQuerySet["Contact"]):
    entity = "contact"


class Customer(Searchable, WithFields):
    """What is kept of a company and of a person alike."""

    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    twin_key = models.CharField(max_length=200, default="", db_default="", editable=False)
    about = models.TextField(blank=True, default="")
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    completeness = models.PositiveSmallIntegerField(
        _("Completeness"), default=0, db_default=0, editable=False
    )
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

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def _owner(related_name: str) -> "models.ForeignKey[Any, Any]":
    """Who is responsible; nobody means that the customer is everybody's."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        db_index=False,
    )


def _merged_into(related_name: str) -> "models.ForeignKey[Any, Any]":
    """The record that this one became; its old address leads there."""
    return models.ForeignKey(
        "self", models.CASCADE, null=True, related_name=related_name, db_index=False, editable=False
    )


def _indexes(table: str) -> list[models.Index | GinIndex]:
    return [
        models.Index(
            fields=["deleted_at", "id"], name=f"{table}_binned", condition=~models.Q(deleted_at=None)
        ),
        models.Index(fields=["merged_into"], name=f"{table}_merged", condition=~models.Q(merged_into=None)),
        GinIndex(
            fields=["twin_key"],
            name=f"{table}_twin",
            opclasses=["gin_trgm_ops"],
            fastupdate=False,
            condition=models.Q(deleted_at=None),
        ),
        models.Index(fields=["sort_key", "id"], name=f"{table}_order", condition=models.Q(deleted_at=None)),
        models.Index(fields=["owner", "sort_key", "id"], name=f"{table}_of_owner"),
        models.Index(
            fields=["-updated_at", "-id"], name=f"{table}_latest", condition=models.Q(deleted_at=None)
        ),
    ]


def _merged_is_gone(table: str) -> models.CheckConstraint:
    merged = models.Q(deleted_at__isnull=False) & ~models.Q(merged_into=models.F("id"))
    return models.CheckConstraint(
        condition=models.Q(merged_into=None) | merged, name=f"{table}_merged_is_gone"
    )


def _classifier(name: str) -> "models.CharField[str, str]":
    """A word from a short list, or nothing."""
    known = classifiers.BY_NAME[name]
    return models.CharField(
        known.label,  # type: ignore[arg-type]
        max_length=20,
        choices=list(known.choices),
        blank=True,
        default="",
        db_default="",
    )


class Company(Customer):
    """A customer organisation. Its level is by rule, unless somebody has set it by hand."""

    owner = _owner("companies")
    merged_into = _merged_into("merged")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries")
    tax_id = models.CharField(max_length=40, blank=True, default="")
    industry = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=120, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    website = models.CharField(max_length=200, blank=True, default="")
    employees = models.PositiveIntegerField(null=True, blank=True)
    founded_year = models.PositiveSmallIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    level = models.CharField(
        _("Level"), max_length=1, choices=list(classifiers.LEVELS), blank=True, default="", db_default=""
    )
    level_is_manual = models.BooleanField(default=False, db_default=False)
    level_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    development = _classifier("development")
    loyalty = _classifier("loyalty")
    competition = _classifier("competition")
    last_result = _classifier("last_result")
    last_result_reason = _classifier("last_result_reason")
    client_type = _classifier("client_type")
    readiness = _classifier("readiness")
    budget_class = _classifier("budget_class")
    payment_discipline = _classifier("payment_discipline")
    size_class = _classifier("size_class")
    refusal_reason = _classifier("refusal_reason")
    interests = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("Interests"),
        default=list,
        db_default=Value("{}", output_field=models.TextField()),
        blank=True,
    )
    next_contact_on = models.DateField(_("Next contact"), null=True, blank=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        db_table = "company"
        indexes = [
            *_indexes("company"),
            models.Index(fields=["tax_id"], name="company_tax_id", condition=~models.Q(tax_id="")),
            GinIndex(fields=["tags"], name="company_tags"),
            models.Index(
                fields=["level", "id"],
                name="company_level",
                condition=models.Q(deleted_at=None) & ~models.Q(level=""),
            ),
            models.Index(
                fields=["next_contact_on", "id"],
                name="company_next_contact",
                condition=models.Q(deleted_at=None, next_contact_on__isnull=False),
            ),
            *search_indexes("company"),
        ]
        constraints = [
            _merged_is_gone("company"),
            models.CheckConstraint(
                condition=models.Q(level_is_manual=False) | ~models.Q(level=""),
                name="company_manual_level_is_one",
            ),
        ]

    def search_words(self, phones: Sequence[str], emails: Sequence[str]) -> list[str]:
        return rules.company_words(self.name, self.tax_id, phones, emails, self.region, self.website)


class Contact(Customer):
    """A person, usually inside a company."""

    owner = _owner("contacts")
    merged_into = _merged_into("merged")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="contacts")
    position = models.CharField(max_length=120, blank=True, default="")
    company_since = models.DateField(null=True, blank=True)  # with the company since then, where it is known
    # In which language and by which clock he is written to; empty is the organisation's.
    language = models.CharField(max_length=10, blank=True, default="", db_default="")
    time_zone = models.CharField(max_length=60, blank=True, default="", db_default="")

    objects = ContactQuerySet.as_manager()

    class Meta:
        db_table = "contact"
        indexes = [
            *_indexes("contact"),
            GinIndex(fields=["tags"], name="contact_tags"),
            *search_indexes("contact"),
        ]
        constraints = [_merged_is_gone("contact")]

    def search_words(self, phones: Sequence[str], emails: Sequence[str]) -> list[str]:
        return rules.contact_words(self.name, self.position, phones, emails)
