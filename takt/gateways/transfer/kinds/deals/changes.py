"""What a row changes in a deal that is there already; blanks leave it as it is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Raw, fingerprint, ids_in
from takt.gateways.transfer.kinds.deals.row import NO_CLOSE, RowOfFile
from takt.gateways.transfer.kinds.deals.words import LOST, OPEN, STATUS, WON
from takt.gateways.transfer.kinds.own import with_own
from takt.gateways.transfer.kinds.world import World
from takt.kernel.lib.names import fold, sort_key
from takt.sales.contacts.models import Company
from takt.sales.deals.commands.importing import DealRow
from takt.sales.deals.commands.updating import DealChange
from takt.sales.deals.commands.whole_rows import COLUMNS
from takt.sales.deals.models import Deal, DealContact

UNCHANGED_BY_CLOSED = {"amount", "currency", "stage", "status", "closed_at", "loss_reason", "is_estimated"}


class Standing:
    """The deals that a batch of rows means, as they are."""

    def __init__(self, raws: Sequence[Raw], world: World, *, with_contacts: bool) -> None:
        wanted = [values for _line, values in raws]
        ids = ids_in(wanted)
        keys = [key_of(values) for values in wanted if "id" not in values]
        keys += [v["import_key"] for v in wanted if "id" in v and "import_key" in v]
        found = Deal.objects.filter(Q(import_key__in=keys) | Q(pk__in=ids) if ids else Q(import_key__in=keys))
        within = Deal.objects.all().within(world.by.user, "edit")
        rows = list(found.filter(within).values("id", "pipeline_id", "deleted_at", *COLUMNS.values()))
        self.by_id = {str(r["id"]): r for r in rows}
        self.by_key = {r["import_key"]: r for r in rows}
        companies = {r["company_id"] for r in rows} - {None}
        self.companies: dict[int | None, str] = dict(
            Company.objects.filter(pk__in=companies).values_list("pk", "sort_key")
        )
        self.contacts: set[tuple[int, int]] = set()
        if rows and with_contacts:
            attached = DealContact.objects.filter(deal__in=[r["id"] for r in rows])
            self.contacts = set(attached.values_list("deal_id", "contact_id"))

    def of(self, values: Mapping[str, str]) -> dict[str, Any] | None:
        """The deal that a row means, by Takt's own number or by its key."""
        return self.by_id.get(values["id"]) if "id" in values else self.by_key.get(key_of(values))


def key_of(values: Mapping[str, str]) -> str:
    return values.get("import_key") or fingerprint(values)


def change_of(
    values: Mapping[str, str], row: RowOfFile, deal: Mapping[str, Any], standing: Standing, world: World
) -> DealChange | str | None:
    """What the row changes in the deal; None where it's nothing, a sentence where it can't be done."""
    new = _said(values, row)
    if deal["source_id"]:
        new.pop("source", None)  # the first source is never lost
    if row.pipeline != deal["pipeline_id"]:
        return _("The deal stands in another pipeline. Move it there by hand.")
    if "company" in new and standing.companies.get(deal["company_id"]) == sort_key(values.get("company", "")):
        new.pop("company")  # the same name already, whichever company of that name it is
    change = with_own({f: v for f, v in new.items() if deal[COLUMNS[f]] != v}, row, deal)
    if "amount" in change:
        change["is_estimated"] = False
    if deal["status"] != OPEN:
        if {"status", "amount", "currency"} & change.keys():
            return _("This deal is closed. Return it to work to change it.")
        change = {f: v for f, v in change.items() if f not in UNCHANGED_BY_CLOSED}
    elif change.get("status") in {WON, LOST}:
        if row.closed_at is None:
            return _(NO_CLOSE)
        change["closed_at"] = row.closed_at
        if row.status == LOST:
            change["loss_reason"], change["loss_comment"] = _reason(values, row.loss_comment, world)
        elif row.amount is None and deal["amount"] is None:
            change["amount"] = Decimal(0)
    contacts = [c for c in row.contacts if (deal["id"], c) not in standing.contacts]
    return DealChange(deal["id"], change, contacts) if change or contacts else None


def _said(values: Mapping[str, str], row: DealRow) -> dict[str, Any]:
    """What the row says of an existing deal; blanks leave it as it is."""
    new: dict[str, Any] = {}
    for field, attribute in (
        ("name", "name"), ("company", "company"), ("company_key", "company"), ("type", "type"),
        ("source", "source"), ("currency", "currency"), ("probability", "probability"), ("about", "about"),
        ("tags", "tags"), ("competitor", "competitor"),
    ):  # fmt: skip
        if field in values:
            new[attribute] = getattr(row, attribute)
    if "amount" in values:
        new["amount"] = row.amount
    if "owner" in values and row.owner:
        new["owner"] = row.owner
    if "status" in values or row.status != OPEN:
        new["status"] = row.status
    if "stage" in values and row.stage and fold(values["stage"]) not in STATUS:
        new["stage"] = row.stage
    if row.expected_close_on is not None:
        new["expected_close_on"] = row.expected_close_on
    if "started_at" in values:
        new["cycle_start_at"] = row.cycle_start_at
    return new


def complete(values: Mapping[str, str], row: DealRow, world: World) -> None:
    """A lost deal has a reason on every road; where the file tells none, that it isn't recorded."""
    if row.status == LOST:
        row.loss_reason, row.loss_comment = _reason(values, row.loss_comment, world)
    elif row.status == WON and row.amount is None:
        row.amount = Decimal(0)


def _reason(values: Mapping[str, str], comment: str, world: World) -> tuple[int, str]:
    text = values.get("loss_reason", "")
    found = world.reasons.get(fold(text)) if text else None
    if found is None and text:
        return world.reasons["not_recorded"], f"{text}\n{comment}".strip()[:5000]
    return found or world.reasons["not_recorded"], comment
