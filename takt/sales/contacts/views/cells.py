"""What a line of the lists of companies and people shows."""

from typing import Any

from takt.kernel.lists.table import Cell
from takt.sales.contacts.rules import readable_phone


def channel_cells(row: Any) -> dict[str, Cell]:
    """The first phone and e-mail, and how many more there are; an export has all of them."""
    return {
        "phones": _first([readable_phone(p) for p in row.phone_list], row.phone_list, "tel:"),
        "emails": _first(row.email_list, row.email_list, "mailto:"),
    }


def _first(shown: list[str], values: list[str], scheme: str) -> Cell:
    if not values:
        return Cell(value="")
    more = f"+{len(values) - 1}" if len(values) > 1 else ""
    return Cell(shown[0], url=scheme + values[0], sub=more, value=", ".join(values))


def owner_cell(name: str | None) -> Cell:
    if not name:
        return Cell(value="")
    words = name.split()
    letters = "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()[:2]
    return Cell(name, initials=letters, value=name)
