"""Companies and people: what differs between the two where the same is done with both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import ListSpec
from takt.sales.contacts import commands
from takt.sales.contacts.lists import COMPANIES, CONTACTS, company_rows, contact_rows
from takt.sales.contacts.models import Company, Contact


@dataclass(frozen=True)
class Kind:
    """One of the two: how it is called, what may be asked of it and which commands change it."""

    name: str  # in rights, events and arguments: company
    path: str  # of its pages: /companies
    model: type[Company] | type[Contact]
    spec: ListSpec
    rows: Callable[[User], Any]  # what a user may see of it, with phones, e-mails and companies
    link: str  # the company it belongs to
    texts: tuple[str, ...]  # what is typed into its form, beside phones, e-mails, tags, owner and source
    create: Callable[..., Any]
    edit: Callable[..., Any]
    delete: Callable[..., Any]
    restore: Callable[..., Any]
    merge: Callable[..., Any]
    unmerge: Callable[..., Any]
    name_label: Text
    empty_text: Text


COMPANY = Kind(
    name="company",
    path="/companies",
    model=Company,
    spec=COMPANIES,
    rows=company_rows,
    link="parent",
    texts=(
        *("name", "parent", "tax_id", "industry", "region", "address", "website"),
        *("employees", "founded_year", "annual_revenue", "about"),
    ),
    create=commands.create_company,
    edit=commands.edit_company,
    delete=commands.delete_company,
    restore=commands.restore_company,
    merge=commands.merge_companies,
    unmerge=commands.unmerge_companies,
    name_label=_("Name"),
    empty_text=_("Companies are your customers. Add the first one, or import a list."),
)
CONTACT = Kind(
    name="contact",
    path="/contacts",
    model=Contact,
    spec=CONTACTS,
    rows=contact_rows,
    link="company",
    texts=("name", "company", "position", "language", "time_zone", "about"),
    create=commands.create_contact,
    edit=commands.edit_contact,
    delete=commands.delete_contact,
    restore=commands.restore_contact,
    merge=commands.merge_contacts,
    unmerge=commands.unmerge_contacts,
    name_label=pgettext_lazy("person", "Name"),
    empty_text=_("Contacts are the people you talk to. Add the first one, or import a list."),
)
