"""Products from a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw
from takt.gateways.transfer.kinds.cells import Cells, given
from takt.gateways.transfer.kinds.own import with_own
from takt.gateways.transfer.kinds.world import Good
from takt.kernel.lib.names import sort_key
from takt.sales.catalog.importing import COLUMNS, ProductRow, import_products, update_products
from takt.sales.catalog.models import Product


class Products(Kind):
    name = "products"
    record = "product"

    def key(self, values: Mapping[str, str]) -> object:
        for field in ("id", "import_key", "code"):
            if field in values:
                return field, values[field]
        return "name", sort_key(values.get("name", ""))

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        read = []
        for line, values in raws:
            cells = self.cells(values)
            row = self._row(cells)
            if cells.problems:
                plan.refused.append((line, " ".join(cells.problems)))
            else:
                read.append((line, values, row))
        known = self._known([(v, r) for _l, v, r in read])
        for line, values, row in read:
            existing = self._match(values, row, known)
            if existing is None and "id" in values:
                plan.refused.append((line, _("There is no product of this number.")))
            elif existing is None and self._is_to_be(values):
                plan.updates.append((line, 0, None))
            elif existing is None:
                row.currency = row.currency or (self.world.currency if row.price is not None else "")
                plan.creates.append((line, row))
                if self.world.is_dry:
                    self.world.keys_to_be.add(hash(("product", self.key(values))))
                    good = Good(self.world.virtual(), row.name, row.price, row.currency)
                    self.world.learn_good(good, row.code)
            else:
                new = given((f, getattr(row, f)) for f in COLUMNS)
                if "is_active" not in self.fields:
                    new.pop("is_active", None)
                if row.price is not None and not existing["currency"] and not row.currency:
                    new["currency"] = self.world.currency
                change = with_own({f: v for f, v in new.items() if existing[f] != v}, row, existing)
                if change:
                    plan.updates.append((line, existing["id"], change))
                else:
                    plan.skipped.append(line)
        return plan

    def _is_to_be(self, values: Mapping[str, str]) -> bool:
        return self.world.is_dry and hash(("product", self.key(values))) in self.world.keys_to_be

    def _row(self, cells: Cells) -> ProductRow:
        row = ProductRow(name=cells.text("name"))
        if not row.name:
            cells.wrong("name", _("this can't be empty."))
        row.import_key = cells.text("import_key") or None
        row.code = cells.text("code", 60)
        row.series = cells.text("series", 120)
        row.unit = cells.text("unit", 20)
        row.price = cells.amount("price")
        row.currency = cells.currency()
        row.custom = self.custom(cells)
        active = cells.yes("is_active")
        row.is_active = True if active is None else active
        return row

    def _known(self, read: Sequence[tuple[Mapping[str, str], ProductRow]]) -> dict[str, dict[Any, Any]]:
        ids = [int(v["id"]) for v, _r in read if v.get("id", "").isdigit() and len(v["id"]) < 19]
        keys = [r.import_key for _v, r in read if r.import_key]
        codes = [r.code for _v, r in read if r.code]
        names = [sort_key(r.name) for _v, r in read]
        condition = Q(sort_key__in=names) | Q(import_key__in=keys) | Q(code__in=codes) | Q(pk__in=ids)
        found: dict[str, dict[Any, Any]] = {"id": {}, "key": {}, "code": {}, "name": {}}
        for row in Product.objects.filter(condition).order_by("-pk").values("id", "sort_key", *COLUMNS):
            found["id"][str(row["id"])] = row
            found["key"][row["import_key"]] = row
            found["code"][row["code"]] = row
            found["name"][row["sort_key"]] = row
        return found

    def _match(self, values: Mapping[str, str], row: ProductRow, known: dict[str, dict[Any, Any]]) -> Any:
        """The product meant: by number, key, code, or by name unless that one has another code."""
        if "id" in values:
            return known["id"].get(values["id"])
        found = (known["key"].get(row.import_key) if row.import_key else None) or (
            known["code"].get(row.code) if row.code else None
        )
        if found is None:
            found = known["name"].get(sort_key(row.name))
            if found and row.code and found["code"] and found["code"] != row.code:
                found = None
        return found

    def create(self, rows: Sequence[ProductRow]) -> list[int]:
        ids = import_products(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)
        for pk, row in zip(ids, rows, strict=True):
            self.world.learn_good(Good(pk, row.name, row.price, row.currency), row.code)
        return ids

    def update(self, changes: Sequence[tuple[int, Any]]) -> dict[int, dict[str, Any]]:
        return update_products(dict(changes), by=self.world.by, at=self.world.at, batch=self.world.batch)
