"""What a line of the lists of companies and people shows."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.lists.table import Cell
from takt.sales.contacts.rules import readable_phone


def _first(shown: list[str], values: list[str], scheme: str) -> Cell:
    """The first phone or e-mail, and how many more there are; an export has all of them."""
    if not values:
        return Cell(value="")
    more = f"+{len(values) - 1}" if len(values) > 1 else ""
    return Cell(shown[0], url=scheme + values[0], sub=more, value=", ".join(values))


def _owner(name: str | None) -> Cell:
    return Cell(name, initials=User(name=name).initials, value=name) if name else Cell(value="")


def _cells(row: Any, path: str, query: str) -> dict[str, Cell]:
    return {
        "name": Cell(row.name, url=_within(f"{path}/{row.id}", query), value=row.name),
        "phones": _first([readable_phone(p) for p in row.phone_list], row.phone_list, "tel:"),
        "emails": _first(row.email_list, row.email_list, "mailto:"),
        "owner": _owner(row.owner__name),
        "source": Cell(row.source__name or ""),
    }


def opened_from(params: QueryDict) -> str:
    """The list's question as its records keep it, so that their pages know the next one; not its place in it."""
    kept = [(n, v) for n, v in params.lists() if n not in {"cursor", "limit", "count", "columns", "export"}]
    return urlencode([(name, value) for name, values in kept for value in values if value])[:1500]


def _within(url: str, query: str) -> str:
    return f"{url}?{urlencode({'in': query})}" if query else url


def company_cells(row: Any, query: str) -> dict[str, Cell]:
    return _cells(row, "/companies", query)


def contact_cells(row: Any, query: str) -> dict[str, Cell]:
    if row.seen_company_id:
        company = Cell(row.seen_company, url=f"/companies/{row.seen_company_id}", value=row.seen_company)
    else:
        company = Cell(_("Hidden") if row.company_id else "", tone="muted", value="")
    return _cells(row, "/contacts", query) | {"company": company}


FIELDS = (
    *("name", "phone_list", "email_list", "owner__name"),
    *("tags", "source__name", "created_at", "updated_at"),
)
COMPANY_FIELDS = (
    *("industry", "region", "tax_id", "address", "website"),
    *("employees", "founded_year", "annual_revenue"),
)
CONTACT_FIELDS = ("position", "company_id", "seen_company", "seen_company_id")
# By kind: the fields that a page of the list reads, and what becomes of them.
CELLS = {
    "company": ((*FIELDS, *COMPANY_FIELDS), company_cells),
    "contact": ((*FIELDS, *CONTACT_FIELDS), contact_cells),
}
