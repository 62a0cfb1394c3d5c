"""Customers: companies and the people in them."""

from takt.sales.contacts.models.channels import Email, Phone
from takt.sales.contacts.models.customers import (
    Company,
    CompanyQuerySet,
    Contact,
    ContactQuerySet,
    Customer,
    CustomerQuerySet,
)
from takt.sales.contacts.models.sources import Source, SourceCost
from takt.sales.contacts.models.standing import Employment, Standing
from takt.sales.contacts.models.twins import Distinct, Merge, Twins, TwinSearch

__all__ = [
    "Company",
    "CompanyQuerySet",
    "Contact",
    "ContactQuerySet",
    "Customer",
    "CustomerQuerySet",
    "Distinct",
    "Email",
    "Employment",
    "Merge",
    "Phone",
    "Source",
    "SourceCost",
    "Standing",
    "TwinSearch",
    "Twins",
]
