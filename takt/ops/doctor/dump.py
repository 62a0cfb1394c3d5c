"""The canonical dump: the equality oracle of undo, restore, merge and backup."""

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

# What isn't business: history, delivery, sessions, rollups, and what one user chose to look at.
LEFT_OUT = {
    "event",
    "event_subject",
    "event_delivery",
    "person_key",
    "idempotency_key",
    "file_held",
    "heartbeat",
    "kept_answer",
    "undo_entry",
    "closed_total",
    "stage_total",
    # Judged anew each night.
    "deal_quality",
    "audit_score_day",
    "column_choice",
    # What acts on many changed, so that they can be taken back.
    "bulk_run",
    "bulk_item",
    "notification",
    "notification_round",
    "mail",
    # How merges are taken back, and what the search for duplicates has found so far.
    "customer_merge",
    "customer_twins",
    "customer_twin_search",
}
LEFT_OUT_COLUMNS = {"version", "updated_at", "last_login"}


def tables() -> list[type[models.Model]]:
    """The business tables, by name."""
    found = [
        m
        for m in apps.get_models()
        if m.__module__.startswith("takt.") and m._meta.managed and m._meta.db_table not in LEFT_OUT
        and m._meta.app_label != "transfer"
    ]  # fmt: skip
    return sorted(found, key=lambda m: m._meta.db_table)


def canonical_lines() -> Iterator[str]:
    """One line of JSON per business row, sorted by table and key."""
    for model in tables():
        names = [str(f.column) for f in model._meta.concrete_fields if f.column not in LEFT_OUT_COLUMNS]
        columns = ", ".join(connection.ops.quote_name(n) for n in names)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {connection.ops.quote_name(model._meta.db_table)} ORDER BY id"
            )
            while rows := cursor.fetchmany(2000):
                for row in rows:
                    yield _line(model._meta.db_table, names, row)


def _line(table: str, names: list[str], row: tuple[Any, ...]) -> str:
    return json.dumps(
        [table, dict(zip(names, row, strict=True))], ensure_ascii=False, sort_keys=True, default=str
    )


def every_table() -> list[str]:
    """All tables of Takt, history and delivery included."""
    return sorted(m._meta.db_table for m in apps.get_models() if m.__module__.startswith("takt."))
