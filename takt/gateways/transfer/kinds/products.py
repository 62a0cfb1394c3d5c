"""Products from a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw, Read, ids_in, keys_in
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
        read = self.read(raws, plan, self._row)
        known = self._known(read)
        for line, values, row in read:
            existing = self._match(values, row, known)
            if existing is None and "id" in values:
                plan.refuse(line, _("There is no product of this number."))
            elif existing is None and self.is_to_be(values):
                plan.updates.append((line, 0, None))
            elif existing is None:
                row.currency = row.currency or (self.world.currency if row.price is not None else "")
                if self.add(line, values, row, plan) and self.world.is_dry:
                    good = Good(self.world.virtual(), row.name, row.price, row.currency, row.tax_rate)
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

    def _row(self, cells: Cells, line: int) -> ProductRow:
        row = ProductRow(name=cells.text("name"))
        if not row.name:
            cells.lacks("name", _("this can't be empty."))
        row.import_key = cells.text("import_key") or None
        row.code = cells.text("code", 60)
        row.series = cells.text("series", 120)
        row.unit = cells.text("unit", 20)
        row.price = cells.amount("price")
        row.currency = cells.currency()
        row.tax_rate = cells.percent("tax_rate")
        row.custom = self.custom(cells)
        active = cells.yes("is_active")
        row.is_active = True if active is None else active
        return row

    def _known(self, read: Sequence[Read[ProductRow]]) -> dict[str, dict[Any, Any]]:
        ids, keys = ids_in(v for _l, v, _r in read), keys_in(read)
        codes = [r.code for _l, _v, r in read if r.code]
        names = [sort_key(r.name) for _l, _v, r in read]
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
            self.world.learn_good(Good(pk, row.name, row.price, row.currency, row.tax_rate), row.code)
        return ids

    def update(self, changes: Sequence[tuple[int, Any]]) -> dict[int, dict[str, Any]]:
        return update_products(dict(changes), by=self.world.by, at=self.world.at, batch=self.world.batch)
