"""Products brought in from elsewhere, updated by a later file, and taken back."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact, plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.bulk_update import delete_rows, update_rows
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.sales.catalog.events import ProductCreated, ProductEdited
from takt.sales.catalog.models import Product


@fact("product.import_undone", _("took back what an import did to the product"))
class ProductImportUndone(Fact):
    is_removed: bool


@dataclass
class ProductRow:
    """One product to be brought in."""

    name: str
    import_key: str | None = None
    code: str = ""
    series: str = ""
    unit: str = ""
    price: Decimal | None = None
    currency: str = ""
    tax_rate: Decimal | None = None
    is_active: bool = True
    custom: dict[str, Any] = field(default_factory=dict)


COLUMNS = [
    "name", "import_key", "code", "series", "unit", "price", "currency", "tax_rate", "is_active", "custom",
]  # fmt: skip
_DECIMALS = {"price", "tax_rate"}


@command
def import_products(
    rows: Sequence[ProductRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> list[int]:
    """Write products; answers their keys in the rows' order."""
    if not rows:
        return []
    batch = batch or uuid.uuid4()
    ids = next_ids("product", len(rows))
    copy_rows(
        "product",
        ["id", *COLUMNS, "sort_key", "search", "search_grams", "created_at", "updated_at", "version"],
        (
            (
                pk, r.name, r.import_key, r.code, r.series, r.unit, r.price, r.currency, r.tax_rate,
                r.is_active, json.dumps(r.custom),
                sort_key(r.name), text := search_text(r.name, r.code, r.series), grams(text), at, at, 1,
            )
            for pk, r in zip(ids, rows, strict=True)
        ),
    )  # fmt: skip
    for pk, r in zip(ids, rows, strict=True):
        price = None if r.price is None else str(r.price)
        made = ProductCreated(name=r.name, code=r.code, price=price, currency=r.currency)
        record(made, about=("product", pk), by=by, at=at, batch=batch)
    return ids


@command
def update_products(
    changes: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> dict[int, dict[str, Any]]:
    """Change products as a file says; answers, by key, what an undo has to put back."""
    rows = _locked(changes)
    kept = {}
    fields = fields_in_use("product") if any("custom" in c for c in changes.values()) else []
    for pk, row in rows.items():
        kept[pk] = {"values": {f: plain(row[f]) for f in changes[pk]}}
        noted = [
            {"field": f, "old": plain(row[f]), "new": plain(v)}
            for f, v in changes[pk].items()
            if f != "custom"
        ]
        if "custom" in changes[pk]:
            noted += changes_between(fields, row["custom"], changes[pk]["custom"])
        record(ProductEdited(changes=noted), about=("product", pk), by=by, at=at, batch=batch)
        row.update(changes[pk])
    _rewrite(rows, at)
    return kept


@command
def put_products_back(
    kept: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Give products the values they had before an import changed them."""
    rows = _locked(kept)
    for pk, row in rows.items():
        for f, v in kept[pk]["values"].items():
            row[f] = Decimal(v) if f in _DECIMALS and v is not None else v
        record(ProductImportUndone(is_removed=False), about=("product", pk), by=by, at=at, batch=batch)
    _rewrite(rows, at)


@command
def remove_imported_products(
    ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove products that an import made and nothing refers to."""
    delete_rows("product", ids)
    for pk in ids:
        record(ProductImportUndone(is_removed=True), about=("product", pk), by=by, at=at, batch=batch)


def _locked(wanted: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    rows = Product.objects.filter(pk__in=list(wanted)).order_by("pk").select_for_update()
    return {r["id"]: r for r in rows.values("id", "version", *COLUMNS)}


def _rewrite(rows: dict[int, dict[str, Any]], at: dt.datetime) -> None:
    if not rows:
        return
    stored = []
    for pk, row in rows.items():
        text = search_text(row["name"], row["code"], row["series"])
        values = (json.dumps(row[c]) if c == "custom" else row[c] for c in COLUMNS)
        stored.append((pk, *values, sort_key(row["name"]), text, grams(text), at, row["version"] + 1))
    update_rows("product", [*COLUMNS, "sort_key", "search", "search_grams", "updated_at", "version"], stored)
