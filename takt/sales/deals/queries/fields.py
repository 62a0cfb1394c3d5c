"""The fields of a deal as they are edited in place."""

import json
from collections.abc import Iterable
from typing import Any

from takt.sales.deals.models import Competitor, Deal

_ATTRIBUTES = {"expected_close_date": "expected_close_on"}
_REFERENCES = {"type", "source", "company", "owner"}


def stored(deal: Deal, names: Iterable[str]) -> dict[str, str]:
    """What stands in fields by their public names, as plain text to compare with."""
    return {name: _text(deal, name) for name in names}


def _text(deal: Deal, name: str) -> str:
    if name.startswith("custom."):
        value = deal.custom.get(name.removeprefix("custom."))
        return "" if value is None else json.dumps(value, sort_keys=True)
    if name == "competitors":
        rows = Competitor.objects.filter(deals__deal=deal).order_by("pk")
        return ",".join(str(pk) for pk in rows.values_list("pk", flat=True))
    if name in _REFERENCES:
        name = f"{name}_id"
    value: Any = getattr(deal, _ATTRIBUTES.get(name, name))
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
