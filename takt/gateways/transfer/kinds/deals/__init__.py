"""Deals from a file, with their true dates and whom and what they belong to."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw
from takt.gateways.transfer.kinds.cells import Cells
from takt.gateways.transfer.kinds.deals.changes import Standing, change_of, complete, key_of
from takt.gateways.transfer.kinds.deals.people import set_contacts
from takt.gateways.transfer.kinds.deals.row import RowOfFile, deal_row
from takt.gateways.transfer.kinds.naming import set_companies
from takt.sales.deals.commands.importing import DealRow, import_deals
from takt.sales.deals.commands.updating import DealChange, update_deals

PERSON = {"contact", "contact_email", "contact_phone"}


class Deals(Kind):
    name = "deals"
    record = "deal"

    def key(self, values: Mapping[str, str]) -> object:
        return ("id", values["id"]) if "id" in values else key_of(values)

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        standing = Standing(raws, self.world, with_contacts=bool(PERSON & self.fields))

        def made(cells: Cells, line: int) -> RowOfFile:
            deal = standing.of(cells.values)
            row = deal_row(cells, line, self.world, deal["pipeline_id"] if deal else None)
            row.custom = self.custom(cells)
            return row

        read = set_companies(self.read(raws, plan, made), plan, self.world, lambda row: row.owner)
        set_contacts(read, self.world)
        for line, values, row in read:
            deal = standing.of(values)
            if deal is not None:
                self._change(line, values, row, deal, standing, plan)
            elif "id" in values:
                plan.refuse(line, _("There is no deal of this number."))
            elif self.is_to_be(values):
                plan.updates.append((line, 0, None))
            else:
                row.import_key = key_of(values)
                complete(values, row, self.world)
                self.add(line, values, row, plan)
        return plan

    def _change(
        self,
        line: int,
        values: Mapping[str, str],
        row: RowOfFile,
        deal: Mapping[str, Any],
        standing: Standing,
        plan: Plan,
    ) -> None:
        if deal["deleted_at"] is not None:
            plan.refuse(line, _("This deal is in the recycle bin. Restore it first."))
            return
        change = change_of(values, row, deal, standing, self.world)
        if change is None:
            plan.skipped.append(line)
        elif isinstance(change, str):
            plan.refuse(line, change)
        else:
            plan.updates.append((line, deal["id"], change))

    def create(self, rows: Sequence[DealRow]) -> list[int]:
        return import_deals(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)

    def update(self, changes: Sequence[tuple[int, DealChange]]) -> dict[int, dict[str, Any]]:
        wanted = [c for _pk, c in changes]
        return update_deals(wanted, by=self.world.by, at=self.world.at, batch=self.world.batch)
