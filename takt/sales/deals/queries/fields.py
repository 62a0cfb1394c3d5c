"""A deal's fields one by one, as they are edited in place on its page."""

import json
from typing import Any

from takt.sales.deals.models import Deal, Qualification

OF_QUALIFICATION = frozenset({"need_text", "timeframe", "criteria_text", "budget_from", "budget_to"})


def as_typed(deal: Deal, field: str) -> str:
    """What stands in the field now, in one comparable form: what an edit begins from."""
    if field.startswith("custom."):
        value = deal.custom.get(field.removeprefix("custom."))
        return "" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
    if field == "competitors":
        return json.dumps(
            sorted(r.competitor.name for r in deal.rivals.select_related("competitor")), ensure_ascii=False
        )
    if field in OF_QUALIFICATION:
        row = Qualification.objects.filter(deal=deal).first()
        return _text(getattr(row, field) if row else "")
    if field == "tags":
        return ", ".join(deal.tags)
    attribute = {"expected_close_date": "expected_close_on"}.get(field, field)
    if attribute in {"type", "source", "company", "owner"}:
        attribute = f"{attribute}_id"
    return _text(getattr(deal, attribute))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
