"""Customers: companies and the people in them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.reach import OwnedQuerySet
from takt.kernel.fields.models import WithFields
from takt.kernel.lib.search import Searchable, search_indexes
from takt.sales.contacts import rules


class CompanyQuerySet(OwnedQuerySet["Company"]):
    entity = "company"


class ContactQuerySet(OwnedQuerySet["Contact"]):
    entity = "contact"


class Source(models.Model):
    """Where a customer first came from; never lost once set."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        db_table = "source"

    def __str__(self) -> str:
        return self.name


class Customer(Searchable, WithFields):
    """What is kept of a company and of a person alike."""

    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    about = models.TextField(blank=True, default="")
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    import_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
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


def _indexes(table: str) -> list[models.Index]:
    return [
        models.Index(fields=["sort_key", "id"], name=f"{table}_order", condition=models.Q(deleted_at=None)),
        models.Index(fields=["owner", "sort_key", "id"], name=f"{table}_of_owner"),
    ]


class Company(Customer):
    """A customer organisation."""

    owner = _owner("companies")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries")
    tax_id = models.CharField(max_length=40, blank=True, default="")
    industry = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=120, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    website = models.CharField(max_length=200, blank=True, default="")
    employees = models.PositiveIntegerField(null=True, blank=True)
    founded_year = models.PositiveSmallIntegerField(null=True, blank=True)
    annual_revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        db_table = "company"
        indexes = [
            *_indexes("company"),
            models.Index(fields=["tax_id"], name="company_tax_id", condition=~models.Q(tax_id="")),
            GinIndex(fields=["tags"], name="company_tags"),
            *search_indexes("company"),
        ]

    def search_words(self, phones: Sequence[str], emails: Sequence[str]) -> list[str]:
        return rules.company_words(self.name, self.tax_id, phones, emails, self.region, self.website)


class Contact(Customer):
    """A person, usually inside a company."""

    owner = _owner("contacts")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="contacts")
    position = models.CharField(max_length=120, blank=True, default="")

    objects = ContactQuerySet.as_manager()

    class Meta:
        db_table = "contact"
        indexes = [
            *_indexes("contact"),
            GinIndex(fields=["tags"], name="contact_tags"),
            *search_indexes("contact"),
        ]

    def search_words(self, phones: Sequence[str], emails: Sequence[str]) -> list[str]:
        return rules.contact_words(self.name, self.position, phones, emails)


class _Channel(models.Model):
    """A way to reach a company or a person: belongs to exactly one of them."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


def _one_owner(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(company=None, contact__isnull=False)
        | models.Q(company__isnull=False, contact=None),
        name=name,
    )


class Phone(_Channel):
    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        MOBILE = "mobile", _("Mobile")
        OTHER = "other", _("Other")

    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="phones")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="phones")
    number = models.CharField(max_length=20)  # E.164
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WORK)

    class Meta:
        db_table = "phone"
        indexes = [models.Index(fields=["number"], name="phone_number")]
        constraints = [_one_owner("phone_of_one")]


class Email(_Channel):
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="emails")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="emails")
    address = models.EmailField(max_length=254)  # lower case

    class Meta:
        db_table = "email"
        indexes = [models.Index(fields=["address"], name="email_address")]
        constraints = [_one_owner("email_of_one")]
