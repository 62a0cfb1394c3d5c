"""Customers: companies and the people in them."""

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


class CustomerQuerySet[M: models.Model](OwnedQuerySet[M]):
    def binned(self) -> Self:
        """What was deleted; who was merged into another is not in the bin: un-merging brings him back."""
        return super().binned().filter(merged_into=None)


class CompanyQuerySet(CustomerQuerySet["Company"]):
    entity = "company"


class ContactQuerySet(CustomerQuerySet["Contact"]):
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


class Employment(models.Model):
    """Where a person worked before: a company that he has left. Where he is now stands with the person."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="employments", db_index=False)
    company = models.ForeignKey(Company, models.CASCADE, related_name="former_people", db_index=False)
    position = models.CharField(max_length=120, blank=True, default="")
    since = models.DateField(null=True, blank=True)
    until = models.DateField()
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        db_table = "contact_employment"
        indexes = [
            models.Index(fields=["contact", "-until", "-id"], name="employment_of_contact"),
            models.Index(fields=["company", "-until", "-id"], name="employment_at_company"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(since=None) | models.Q(since__lte=models.F("until")),
                name="employment_forward",
            )
        ]


class Standing(models.Model):
    """What the night has reckoned of a company: its purchases, segment, ladder and the level it should have.

    Everything is over all of the company's deals, whoever sees them. A company in the bin keeps what it had.
    """

    company = models.OneToOneField(Company, models.CASCADE, related_name="standing")
    recency = models.PositiveSmallIntegerField(null=True)
    frequency = models.PositiveSmallIntegerField(null=True)
    monetary = models.PositiveSmallIntegerField(null=True)
    segment = models.CharField(max_length=3, blank=True, default="")
    purchases = models.PositiveIntegerField(default=0)  # won deals in the window
    amount = models.DecimalField(
        max_digits=20, decimal_places=2, default=0
    )  # of them, organisation's currency
    won = models.PositiveIntegerField(default=0)  # won deals ever
    last_won_on = models.DateField(null=True)
    last_contact_on = models.DateField(null=True)
    ladder = models.SmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    penalties = models.PositiveSmallIntegerField(default=0)
    proposed_level = models.CharField(max_length=1, blank=True, default="")
    is_churned = models.BooleanField(default=False)

    class Meta:
        db_table = "customer_standing"
        indexes = [
            models.Index(fields=["segment", "company"], name="standing_segment"),
            models.Index(fields=["ladder", "company"], name="standing_ladder"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ladder=models.F("step") - models.F("penalties")),
                name="standing_ladder_is_step",
            )
        ]


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


class Merge(models.Model):
    """Two records made one, with all that is needed to make them two again."""

    kind = models.CharField(max_length=10)
    survivor = models.BigIntegerField()
    loser = models.BigIntegerField()
    kept = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "customer_merge"
        indexes = [models.Index(fields=["kind", "survivor"], name="customer_merge_survivor")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "loser"], name="customer_merge_once", condition=models.Q(undone_at=None)
            )
        ]


class Twins(models.Model):
    """Two records that may be the same customer, as the last search found them; `one` is the older."""

    class Why(models.TextChoices):
        PHONE = "phone", _("The phone number is the same")
        EMAIL = "email", _("The e-mail address is the same")
        TAX_ID = "tax_id", _("The tax number is the same")
        NAME = "name", _("The name is nearly the same")

    kind = models.CharField(max_length=10)
    one = models.BigIntegerField()
    other = models.BigIntegerField()
    why = models.CharField(max_length=10, choices=Why.choices)
    likeness = models.FloatField(default=1)

    class Meta:
        db_table = "customer_twins"
        indexes = [
            models.Index(fields=["kind", "-likeness", "-id"], name="customer_twins_order"),
            models.Index(fields=["kind", "other"], name="customer_twins_other"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "one", "other"], name="customer_twins_once"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="customer_twins_two"),
        ]


class Distinct(models.Model):
    """Somebody decided that two records are not the same customer; `one` is the older."""

    kind = models.CharField(max_length=10)
    one = models.BigIntegerField()
    other = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        db_table = "customer_distinct"
        constraints = [
            models.UniqueConstraint(fields=["kind", "one", "other"], name="customer_distinct_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="customer_distinct_two"
            ),
        ]


class TwinSearch(models.Model):
    """How far in the stream of events changed records of a kind have been compared with all others."""

    kind = models.CharField(max_length=10, unique=True)
    tx = models.BigIntegerField(default=0)
    event = models.BigIntegerField(default=0)

    class Meta:
        db_table = "customer_twin_search"
