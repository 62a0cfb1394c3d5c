"""What the lists of companies and people can show, be filtered and ordered by."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import Choices, Column, ListSpec
from takt.kernel.recycling.registry import bin_spec
from takt.sales.contacts import classifiers
from takt.sales.contacts.models import (
    Company,
    CompanyQuerySet,
    Contact,
    ContactQuerySet,
    Email,
    Phone,
    Source,
)


def sources(user: User) -> list[tuple[Any, Text]]:
    return list(Source.objects.order_by("position", "id").values_list("pk", "name"))


# What the night reckons, and what isn't known of everybody.
# Reckoned over all of a company's deals: told to whoever sees the company, so no amount and no count is among them.
HELD = ("segment", "ladder", "last_contact_on", "is_churned")
_HELD: dict[str, Any] = {"shown": False, "nullable": True}


def _words(choices: classifiers.Choices) -> Choices:
    return lambda _user: list(choices)


COMPANIES = ListSpec(
    resource="companies",
    entity="company",
    columns=(
        Column("name", _("Company"), sort="sort_key"),
        Column("phones", _("Phones"), path="phones__number"),
        Column("emails", _("E-mails"), path="emails__address"),
        Column("industry", _("Industry"), sort="industry"),
        Column("region", _("Region"), sort="region"),
        Column("owner", _("Owner"), kind="ref", nullable=True),
        Column("tags", _("Tags"), kind="tags", nullable=True),
        Column("source", _("Source"), kind="ref", choices=sources, nullable=True),
        Column("created_at", _("Added"), kind="datetime", sort="created_at"),
        Column("tax_id", _("Tax number"), sort="tax_id", shown=False),
        Column("address", _("Address"), shown=False),
        Column("website", _("Website"), shown=False),
        Column("employees", _("Employees"), kind="number", sort="employees", shown=False, nullable=True),
        Column("founded_year", _("Founded"), kind="number", sort="founded_year", shown=False, nullable=True),
        Column(
            "annual_revenue",
            _("Annual revenue"),
            kind="money",
            sort="annual_revenue",
            shown=False,
            nullable=True,
        ),
        Column("updated_at", _("Changed"), kind="datetime", sort="updated_at", shown=False),
        Column("level", _("Level"), kind="choice", sort="level", choices=_words(classifiers.LEVELS)),
        Column("completeness", _("Completeness"), kind="number", sort="completeness", shown=False),
        Column(
            "segment",
            _("RFM segment"),
            kind="choice",
            path="standing__segment",
            sort="standing__segment",
            choices=_words(classifiers.SEGMENTS),
            shown=False,
            nullable=True,
        ),
        Column("ladder", _("Sales ladder"), kind="number", path="standing__ladder", sort="standing__ladder", **_HELD),
        Column(
            "last_contact_on", _("Last contact"), kind="date", path="standing__last_contact_on",
            sort="standing__last_contact_on", **_HELD,
        ),
        Column("is_churned", _("Lost as a customer"), kind="bool", path="standing__is_churned", **_HELD),
        Column("next_contact_on", _("Next contact"), kind="date", sort="next_contact_on", **_HELD),
        *(
            Column(c.name, c.label, kind="choice", sort=c.name, choices=_words(c.choices), shown=False)
            for c in classifiers.CLASSIFIERS
        ),
        Column("interests", _("Interests"), kind="tags", shown=False),
    ),
    default_sort="name",
    search=True,
    has_fields=True,
    views=(
        (_("Mine"), "owner=me"),
        (_("Nobody's"), "owner__empty=true"),
        (_("Key customers"), "level=A"),
        (_("Lost customers"), "is_churned=true"),
    ),
)  # fmt: skip

CONTACTS = ListSpec(
    resource="contacts",
    entity="contact",
    columns=(
        Column("name", pgettext_lazy("person", "Name"), sort="sort_key"),
        Column("position", _("Job title"), sort="position"),
        Column("company", _("Company"), kind="ref", path="seen__id", nullable=True),
        Column("phones", _("Phones"), path="phones__number"),
        Column("emails", _("E-mails"), path="emails__address"),
        Column("owner", _("Owner"), kind="ref", nullable=True),
        Column("tags", _("Tags"), kind="tags", nullable=True),
        Column("source", _("Source"), kind="ref", choices=sources, nullable=True),
        Column("created_at", _("Added"), kind="datetime", sort="created_at"),
        Column("updated_at", _("Changed"), kind="datetime", sort="updated_at", shown=False),
        Column("completeness", _("Completeness"), kind="number", sort="completeness", shown=False),
    ),
    default_sort="name",
    search=True,
    has_fields=True,
    views=((_("Mine"), "owner=me"), (_("Nobody's"), "owner__empty=true")),
)


def company_rows(user: User) -> CompanyQuerySet:
    """The companies a user may see, with what a list row shows; a hidden company above them is empty."""
    rows: CompanyQuerySet = Company.objects.visible_to(user)
    return rows.annotate(  # type: ignore[return-value]
        phone_list=_numbers("company"),
        email_list=_addresses("company"),
        seen=_seen("parent", user),
        seen_parent=F("seen__id"),
        **{f"held_{name}": F(f"standing__{name}") for name in HELD},
    )


def named_contacts(user: User | None) -> ContactQuerySet:
    """The people a user may see, as little of them as tells one from another."""
    rows: ContactQuerySet = Contact.objects.visible_to(user).only("name", "position")
    return rows.annotate(  # type: ignore[return-value]
        seen=_seen("company", user), seen_company=Coalesce("seen__name", Value(""))
    )


def contact_rows(user: User) -> ContactQuerySet:
    """The people a user may see; `seen_company` is the company's name only where he may see the company.

    People are also filtered by `seen__id`: asking for a hidden company finds nobody, as for a missing one.
    """
    rows: ContactQuerySet = Contact.objects.visible_to(user)
    return rows.annotate(  # type: ignore[return-value]
        phone_list=_numbers("contact"),
        email_list=_addresses("contact"),
        seen=_seen("company", user),
        seen_company=Coalesce("seen__name", Value("")),
        seen_company_id=F("seen__id"),
    )


def _seen(path: str, user: User | None) -> FilteredRelation:
    """The company at `path`, joined only where the user may see it."""
    alive = Q(**{f"{path}__deleted_at__isnull": True})
    return FilteredRelation(path, condition=alive & _at(path, Company.objects.all().within(user, "view")))


def _at(path: str, condition: Q) -> Q:
    """A condition on companies as one on rows that have a company at `path`."""
    parts: list[Any] = condition.children
    moved = [_at(path, part) if isinstance(part, Q) else (f"{path}__{part[0]}", part[1]) for part in parts]
    return Q(*moved, _connector=condition.connector, _negated=condition.negated)


def _numbers(owner: str) -> ArraySubquery:
    rows = Phone.objects.filter(**{owner: OuterRef("pk")}).order_by("position", "id")
    return ArraySubquery(rows.values("number"))


def _addresses(owner: str) -> ArraySubquery:
    rows = Email.objects.filter(**{owner: OuterRef("pk")}).order_by("position", "id")
    return ArraySubquery(rows.values("address"))


BINNED_COMPANIES = bin_spec("companies", "company", _("Company"))
BINNED_CONTACTS = bin_spec("contacts", "contact", _("Name"))


def binned_companies(user: User | None) -> CompanyQuerySet:
    return Company.objects.restorable_by(user)  # type: ignore[no-any-return]


def binned_contacts(user: User | None) -> ContactQuerySet:
    return Contact.objects.restorable_by(user)  # type: ignore[no-any-return]


SOURCE_COSTS = ListSpec(
    resource="source_costs",
    entity="source",
    columns=(
        Column("source", _("Source"), kind="ref"),
        Column("month", _("Month"), kind="date", sort="month"),
        Column("currency", _("Currency")),
        Column("amount", _("Amount"), kind="money", sort="amount"),
    ),
    default_sort="-month",
)
