"""Deals as a later file changes them: taken whole, counted out and in, and stored whole again."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from takt.kernel.lib.bulk_update import update_rows
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.commands.rollup import Counted
from takt.sales.deals.models import Deal

# Attribute of a deal that a file may change: its column.
COLUMNS = {
    "name": "name", "company": "company_id", "type": "type_id", "source": "source_id", "amount": "amount",
    "contractor_cost": "contractor_cost", "currency": "currency", "is_estimated": "amount_is_estimated", "probability": "probability",
    "expected_close_on": "expected_close_on", "about": "about", "tags": "tags", "owner": "owner_id",
    "stage": "stage_id", "status": "status", "closed_at": "closed_at", "loss_reason": "loss_reason_id",
    "loss_comment": "loss_comment", "competitor": "competitor", "cycle_start_at": "cycle_start_at",
    "import_key": "import_key", "custom": "custom",
}  # fmt: skip
_FOLLOWING = [
    "rate", "rate_on", "amount_base", "stage_entered_at", "max_stage_position", "next_task_id", "next_due_at",
    "snoozed_until", "snooze_reason", "last_activity_at",
]  # fmt: skip
STORED = [*COLUMNS.values(), *_FOLLOWING]
_MONEY = {"amount", "amount_base", "contractor_cost", "rate"}
_DAYS = {"expected_close_on", "rate_on", "snoozed_until"}
_MOMENTS = {"closed_at", "cycle_start_at", "stage_entered_at", "next_due_at", "last_activity_at"}


def locked_whole(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = Deal.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    return {r["id"]: r for r in rows.values("id", "version", "pipeline_id", *STORED)}


def count_all(rows: Mapping[int, Mapping[str, Any]], how: Any) -> None:
    for row in rows.values():
        how(Counted(**{name: row[name] for name in Counted._fields if name != "deleted_at"}))


def store_whole(rows: Mapping[int, Mapping[str, Any]], at: dt.datetime) -> None:
    """Store changed deals whole, their order and search words with them."""
    companies = dict(
        Company.objects.filter(pk__in={r["company_id"] for r in rows.values()} - {None}).values_list(
            "pk", "name"
        )
    )
    people: dict[int, list[str]] = {}
    for deal, name in Contact.objects.filter(parts__deal__in=list(rows)).values_list("parts__deal", "name"):
        people.setdefault(deal, []).append(name)
    stored = []
    for pk, row in rows.items():
        text = search_text(row["name"], companies.get(row["company_id"], ""), *people.get(pk, ()))
        values = (json.dumps(row[c]) if c == "custom" else row[c] for c in STORED)
        stored.append((pk, *values, sort_key(row["name"]), text, grams(text), at, row["version"] + 1))
    update_rows("deal", [*STORED, "sort_key", "search", "search_grams", "updated_at", "version"], stored)


def read_back(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in _MONEY:
        return Decimal(value)
    if column in _DAYS:
        return dt.date.fromisoformat(value)
    if column in _MOMENTS or column in {"due_at", "done_at"}:
        return dt.datetime.fromisoformat(value)
    return value
