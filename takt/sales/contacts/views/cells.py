"""What a line of the lists of companies and people shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.ui.formats import percent
from takt.sales.contacts.classifiers import CLASSIFIERS, segment_name
from takt.sales.contacts.rules import readable_phone


def _first(shown: list[str], values: list[str], scheme: str) -> Cell:
    """The first phone or e-mail, and how many more there are; an export has all of them."""
    if not values:
        return Cell(value="")
    more = f"+{len(values) - 1}" if len(values) > 1 else ""
    return Cell(shown[0], url=scheme + values[0], sub=more, value=", ".join(values))


def _owner(name: str | None) -> Cell:
    return Cell(name, initials=User(name=name).initials, value=name) if name else Cell(value="")


def opened_from(params: QueryDict) -> str:
    """The list's question as its records keep it, so that their pages know the next one; not its place in it."""
    kept = [(n, v) for n, v in params.lists() if n not in {"cursor", "limit", "count", "columns", "export"}]
    return urlencode([(name, value) for name, values in kept for value in values if value])[:1500]


def _within(url: str, query: str) -> str:
    return f"{url}?{urlencode({'in': query})}" if query else url


def _phones(row: Any) -> Cell:
    return _first([readable_phone(p) for p in row.phone_list], row.phone_list, "tel:")


def _company(row: Any) -> Cell:
    if row.seen_company_id:
        return Cell(row.seen_company, url=f"/companies/{row.seen_company_id}", value=row.seen_company)
    return Cell(_("Hidden") if row.company_id else "", tone="muted", value="")


def _worded(name: str, word: Callable[[str], Any]) -> Callable[[Any], str]:
    """A code as people read it."""
    return lambda row: str(word(code)) if (code := getattr(row, name)) else ""


def _percent(row: Any) -> Cell:
    tone = "warn" if row.completeness < 60 else ""
    return Cell(percent(Decimal(row.completeness) / 100, 0), tone=tone, value=row.completeness)


def shows_of(path: str, query: str) -> dict[str, Show]:
    """How the columns are shown; `query` is the list's question, which each record's page keeps."""
    return {
        "name": Show(
            ("name",), lambda row: Cell(row.name, url=_within(f"{path}/{row.id}", query), value=row.name)
        ),
        "phones": Show(("phone_list",), _phones),
        "emails": Show(("email_list",), lambda row: _first(row.email_list, row.email_list, "mailto:")),
        "owner": Show(("owner__name",), lambda row: _owner(row.owner__name)),
        "source": Show(("source__name",), lambda row: row.source__name or ""),
        **{c.name: Show((c.name,), _worded(c.name, c.word)) for c in CLASSIFIERS if path == "/companies"},
        "segment": Show(("standing__segment",), _worded("standing__segment", segment_name)),
        "completeness": Show(("completeness",), _percent),
        "company": Show(("company_id", "seen_company", "seen_company_id"), _company),
    }
