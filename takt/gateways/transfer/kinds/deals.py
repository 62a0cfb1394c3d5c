"""Deals from a file, with their true dates and whom and what they belong to."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw
from takt.gateways.transfer.kinds.cells import CENT, Cells
from takt.gateways.transfer.kinds.own import with_own
from takt.gateways.transfer.kinds.people import People, Person
from takt.kernel.lib.names import fold, sort_key
from takt.sales.contacts.commands.importing import CompanyRow, ContactRow, import_contacts
from takt.sales.contacts.models import Company
from takt.sales.deals.commands.importing import DealRow, Stay, import_deals
from takt.sales.deals.commands.updating import COLUMNS, DealChange, update_deals
from takt.sales.deals.models import Deal, DealContact

OPEN, WON, LOST = "open", "won", "lost"
STATUS = {
    **dict.fromkeys(
        ["open", "in progress", "active", "new", "false", "открыта", "открыто", "в работе", "активна", "进行中", "跟进中", "打开"],
        OPEN,
    ),
    **dict.fromkeys(
        [
            "won", "closed won", "closedwon", "closed-won", "win", "success", "true", "выиграна", "выиграно", "выигран",
            "успешно реализовано", "успешно", "закрыта успешно", "赢单", "成交", "已成交", "赢", "成功",
        ],
        WON,
    ),
    **dict.fromkeys(
        [
            "lost", "closed lost", "closedlost", "closed-lost", "loss", "failed", "проиграна", "проиграно", "проигран",
            "закрыто и не реализовано", "отказ", "провалена", "输单", "丢单", "失败", "已丢失",
        ],
        LOST,
    ),
}  # fmt: skip
UNCHANGED_BY_CLOSED = {"amount", "currency", "stage", "status", "closed_at", "loss_reason", "is_estimated"}


def fingerprint(values: Mapping[str, str]) -> str:
    """A key for rows that have none: the same row read twice is the same record."""
    text = "\x1f".join(f"{k}\x1e{v}" for k, v in sorted(values.items()))
    return "row:" + blake2b(text.encode(), digest_size=16).hexdigest()


class Deals(Kind):
    name = "deals"
    record = "deal"

    def key(self, values: Mapping[str, str]) -> object:
        if "id" in values:
            return "id", values["id"]
        return values.get("import_key") or fingerprint(values)

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        read: list[tuple[int, Mapping[str, str], DealRow]] = []
        for line, values in raws:
            cells = self.cells(values)
            row = self._row(cells, line)
            if cells.problems:
                plan.refused.append((line, " ".join(cells.problems)))
            else:
                read.append((line, values, row))
        self._companies(read, plan)
        read = [r for r in read if r[2].company != 0]
        self._contacts(read)
        self._match(read, plan)
        return plan

    # One row

    def _row(self, cells: Cells, line: int) -> DealRow:
        world, values = self.world, cells.values
        row = DealRow(name="", pipeline=0, stage=0, owner=0, currency="", created_at=world.at)
        row.import_key = cells.text("import_key") or None
        self._standing(cells, row, line)
        self._owner(cells, row)
        self._times(cells, row)
        row.currency = cells.currency()
        self._money(cells, row)
        row.currency = row.currency or world.currency
        row.company_name = cells.text("company")
        named = cells.text("name")
        product = row.lines and world.good(values["product"])
        row.name = named or " · ".join(t for t in (product.name if product else "", row.company_name) if t)
        if not named and not row.company_name and row.import_key:
            row.name = row.import_key
        if not row.name:
            cells.wrong("name", _("this can't be empty."))
        row.name = row.name[:200]
        row.about = cells.text("about", 20_000)
        row.tags = cells.tags()
        row.probability = cells.whole("probability", 0, 100) if "probability" in values else None
        row.competitor = cells.text("competitor", 120)
        row.custom = self.custom(cells)
        row.loss_comment = cells.text("loss_comment", 5000)
        if cells.problems:
            return row
        if "type" in values:
            row.type = world.deal_type(cells.text("type", 60), line)
            if row.type is None:
                cells.wrong("type", _("“%(name)s” isn't in the list.") % {"name": values["type"][:80]})
        if "source" in values:
            row.source = world.source(cells.text("source", 80), line)
            if row.source is None:
                cells.wrong("source", _("“%(name)s” isn't in the list.") % {"name": values["source"][:80]})
        if "company_key" not in values and "company" not in values:
            row.company = None
        return row

    def _standing(self, cells: Cells, row: DealRow, line: int) -> None:
        """Pipeline, stage and whether the deal is open, won or lost. A stage named "Closed won" is a status."""
        world, values = self.world, cells.values
        name = cells.text("pipeline", 80) or str(world.options.get("pipeline") or "")
        stages = world.options.get("stages") or [
            t for t in (values.get("stage"),) if t and fold(t) not in STATUS
        ]
        pipeline = world.pipeline(name, line, stages) if name else world.first_pipeline
        if pipeline is None:
            problem = (
                _("there is no pipeline “%(name)s”.") % {"name": name[:80]}
                if name
                else _("there is no pipeline yet.")
            )
            cells.wrong("pipeline", problem)
            return
        row.pipeline = pipeline
        status = values.get("status")
        if status is not None:
            row.status = STATUS.get(fold(status), "")
            if not row.status:
                cells.wrong(
                    "status", _("“%(text)s” is neither open nor won nor lost.") % {"text": status[:80]}
                )
                row.status = OPEN
        order = world.order.get(pipeline, [])
        named = cells.text("stage", 80)
        if named:
            stage = world.stages.get((pipeline, fold(named)))
            if stage is None and fold(named) in STATUS and STATUS[fold(named)] != OPEN:
                if status is None:
                    row.status = STATUS[fold(named)]
                named = ""
            elif stage is None:
                stage = world.stage(pipeline, named, line)
            if stage is None and named:
                cells.wrong("stage", _("the pipeline has no stage “%(name)s”.") % {"name": named[:80]})
                return
            row.stage = stage or 0
        if not row.stage:
            if not order:
                cells.wrong("stage", _("the pipeline has no stages."))
                return
            row.stage = order[-1] if row.status == WON else order[0]

    def _owner(self, cells: Cells, row: DealRow) -> None:
        world = self.world
        name = cells.values.get("owner")
        owner = world.user(name) if name else None
        if owner is None and (name is None or world.options.get("ignore_owners")):
            owner = world.options.get("owner") or world.by.user_id
        if owner is None:
            sentence = (
                _("nobody here is called “%(name)s”.") % {"name": name[:80]}
                if name
                else _("say who is responsible.")
            )
            cells.wrong("owner", sentence)
        row.owner = owner or 0

    def _times(self, cells: Cells, row: DealRow) -> None:
        """When it began and ended. What the file doesn't say stays unknown and out of the cycle's figures."""
        created, created_is_day = cells.moment("created_at")
        started, started_is_day = cells.moment("started_at")
        closed, closed_is_day = cells.moment("closed_at")
        close, close_is_day = cells.moment("close_date")
        row.expected_close_on = cells.day("expected_close_date")
        if close is not None:
            if row.status == OPEN:
                row.expected_close_on = row.expected_close_on or cells.day("close_date")
            elif closed is None:
                closed, closed_is_day = close, close_is_day
        if row.status == OPEN:
            closed = None
        elif closed is None and not cells.problems:
            cells.wrong("closed_at", _("a closed deal needs the day on which it was closed."))
        began = started or created
        if closed is not None and started is not None and started > closed:
            cells.wrong("started_at", _("it can't lie after the close."))
        row.created_at = min(
            t for t in (created or began or self.world.at, began or self.world.at, closed) if t
        )
        row.cycle_start_at = started
        if started is None and created is not None and (closed is None or created <= closed):
            row.cycle_start_at = created
        row.closed_at = closed
        known_by_day = (started is not None and started_is_day) or (closed is not None and closed_is_day)
        row.precision = "day" if known_by_day or (created_is_day and started is None) else "time"
        end = row.closed_at
        entered = row.cycle_start_at or row.created_at
        row.stays = [
            Stay(row.stage, min(entered, end) if end else entered, end, "" if end is None else row.status)
        ]

    def _money(self, cells: Cells, row: DealRow) -> None:
        """Amount and product. Without an amount a product's list price stands in, marked as estimated."""
        world, values = self.world, cells.values
        row.amount = cells.amount("amount")
        price = cells.amount("price")
        quantity = cells.number("quantity")
        if quantity is None:
            quantity = Decimal(1)
        if quantity <= 0 or quantity >= 10**11:
            cells.wrong("quantity", _("enter a number above zero."))
            return
        if "product" not in values:
            return
        good = world.good(values["product"])
        if good is None:
            cells.wrong("product", _("the catalog has no “%(name)s”.") % {"name": values["product"][:80]})
            return
        row.currency = row.currency or good.currency
        if price is None and row.amount:
            price = (row.amount / quantity).quantize(CENT, ROUND_HALF_UP)
        if price is None:
            price = good.price if good.price is not None else Decimal(0)
        row.lines = [(good.id, quantity.quantize(Decimal("0.001"), ROUND_HALF_UP), price)]
        if row.amount is None and price:
            row.amount = (price * quantity).quantize(CENT, ROUND_HALF_UP)
            row.is_estimated = "price" not in values

    # A batch

    def _companies(self, read: Sequence[Any], plan: Plan) -> None:
        """The company of each row, by its key or its name; made where there is none of that name."""
        known = self.world.companies(v["company"] for _l, v, _r in read if "company" in v)
        keyed = self.world.companies_by_key(v["company_key"] for _l, v, _r in read if "company_key" in v)
        missing: dict[str, tuple[int, CompanyRow]] = {}
        for line, values, row in read:
            if values.get("company_key") in keyed:
                row.company = keyed[values["company_key"]]
            elif "company" in values:
                key = sort_key(values["company"])
                row.company = known.get(key)
                if row.company is None:
                    missing.setdefault(key, (line, CompanyRow(name=values["company"], owner=row.owner)))
            elif "company_key" in values:
                row.company = 0
                plan.refused.append(
                    (line, _("No company has the key “%(key)s”.") % {"key": values["company_key"]})
                )
        made = self.world.make_companies(missing)
        for _line, values, row in read:
            if row.company is None and "company" in values:
                row.company = made[sort_key(values["company"])]

    def _contacts(self, read: Sequence[Any]) -> None:
        """The person of each row, found by e-mail, phone or name, else made within the row's company."""
        rows = []
        for line, values, row in read:
            if not {"contact", "contact_email", "contact_phone"} & values.keys():
                continue
            cells = self.cells(values)
            emails, phones = cells.emails("contact_email"), cells.phones("contact_phone")
            name = cells.text("contact") or (emails[0] if emails else "")
            if name:
                rows.append((line, row, Person(name, row.company, emails, phones)))
        if not rows:
            return
        people = People(self.world, [p for _l, _r, p in rows])
        new: dict[object, tuple[int, ContactRow]] = {}
        waiting: list[tuple[DealRow, object, str]] = []
        for line, row, person in rows:
            found = people.find(person)
            if found is None and (person.emails or person.phones):
                found = people.find(Person(person.name, person.company))
            if found is not None:
                row.contacts, row.contact_names = [found], [person.name]
                continue
            key: object = person.emails[0] if person.emails else (sort_key(person.name), person.company)
            made = ContactRow(
                name=person.name,
                company=person.company,
                owner=row.owner,
                phones=list(person.phones),
                emails=list(person.emails),
            )
            new.setdefault(key, (line, made))
            waiting.append((row, key, person.name))
        if self.world.is_dry:
            return
        ids = import_contacts(
            [r for _l, r in new.values()], by=self.world.by, at=self.world.at, batch=self.world.batch
        )
        by_key = dict(zip(new, ids, strict=True))
        self.world.made.extend((line, "contact", by_key[key]) for key, (line, _r) in new.items())
        for row, key, name in waiting:
            row.contacts, row.contact_names = [by_key[key]], [name]

    def _match(self, read: Sequence[tuple[int, Mapping[str, str], DealRow]], plan: Plan) -> None:
        ids = [int(v["id"]) for _l, v, _r in read if v.get("id", "").isdigit() and len(v["id"]) < 19]
        for _line, values, row in read:
            if row.import_key is None and "id" not in values:
                row.import_key = fingerprint(values)
        keys = [r.import_key for _l, _v, r in read if r.import_key]
        columns = list(COLUMNS.values())
        within = Deal.objects.all().within(self.world.by.user, "edit")
        found = Deal.objects.filter(Q(import_key__in=keys) | Q(pk__in=ids) if ids else Q(import_key__in=keys))
        rows = list(found.filter(within).values("id", "pipeline_id", "deleted_at", *columns))
        by_id, by_key = {str(r["id"]): r for r in rows}, {r["import_key"]: r for r in rows}
        companies = {r["company_id"] for r in rows} - {None}
        self._names: dict[int | None, str] = dict(
            Company.objects.filter(pk__in=companies).values_list("pk", "sort_key")
        )
        attached: set[tuple[int, int]] = set()
        if rows and {"contact", "contact_email", "contact_phone"} & self.fields:
            attached = set(
                DealContact.objects.filter(deal__in=[r["id"] for r in rows]).values_list(
                    "deal_id", "contact_id"
                )
            )
        for line, values, row in read:
            existing = by_id.get(values["id"]) if "id" in values else by_key.get(row.import_key)
            if existing is None and "id" in values:
                plan.refused.append((line, _("There is no deal of this number.")))
            elif existing is None and self._is_to_be(values):
                plan.updates.append((line, 0, None))
            elif existing is None:
                self._complete(values, row)
                plan.creates.append((line, row))
                if self.world.is_dry:
                    self.world.keys_to_be.add(hash(("deal", self.key(values))))
            elif existing["deleted_at"] is not None:
                plan.refused.append((line, _("This deal is in the recycle bin. Restore it first.")))
            else:
                self._change(line, values, row, existing, attached, plan)

    def _is_to_be(self, values: Mapping[str, str]) -> bool:
        return self.world.is_dry and hash(("deal", self.key(values))) in self.world.keys_to_be

    def _complete(self, values: Mapping[str, str], row: DealRow) -> None:
        """A lost deal has a reason on every road; where the file tells none, that it isn't recorded."""
        if row.status == LOST:
            row.loss_reason, row.loss_comment = self._reason(values, row.loss_comment)
        elif row.status == WON and row.amount is None:
            row.amount = Decimal(0)

    def _reason(self, values: Mapping[str, str], comment: str) -> tuple[int, str]:
        text = values.get("loss_reason", "")
        found = self.world.reasons.get(fold(text)) if text else None
        if found is None and text:
            return self.world.reasons["not_recorded"], f"{text}\n{comment}".strip()[:5000]
        return found or self.world.reasons["not_recorded"], comment

    def _change(
        self,
        line: int,
        values: Mapping[str, str],
        row: DealRow,
        existing: Mapping[str, Any],
        attached: set[tuple[int, int]],
        plan: Plan,
    ) -> None:
        new = self._said(values, row)
        if existing["source_id"]:
            new.pop("source", None)  # the first source is never lost
        if row.pipeline != existing["pipeline_id"]:
            if "pipeline" in values:
                plan.refused.append((line, _("The deal stands in another pipeline. Move it there by hand.")))
                return
            new.pop("stage", None)
        if "company" in new and self._names.get(existing["company_id"]) == sort_key(
            values.get("company", "")
        ):
            new.pop("company")  # the same name already, whichever company of that name it is
        change = with_own({f: v for f, v in new.items() if existing[COLUMNS[f]] != v}, row, existing)
        if "amount" in change:
            change["is_estimated"] = False
        if existing["status"] != OPEN:
            if "status" in change or "amount" in change or "currency" in change:
                plan.refused.append((line, _("This deal is closed. Return it to work to change it.")))
                return
            change = {f: v for f, v in change.items() if f not in UNCHANGED_BY_CLOSED}
        elif change.get("status") in {WON, LOST}:
            change["closed_at"] = row.closed_at
            if row.status == LOST:
                change["loss_reason"], change["loss_comment"] = self._reason(values, row.loss_comment)
            elif row.amount is None and existing["amount"] is None:
                change["amount"] = Decimal(0)
        contacts = [c for c in row.contacts if (existing["id"], c) not in attached]
        if change or contacts:
            plan.updates.append((line, existing["id"], DealChange(existing["id"], change, contacts)))
        else:
            plan.skipped.append(line)

    def _said(self, values: Mapping[str, str], row: DealRow) -> dict[str, Any]:
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

    def create(self, rows: Sequence[DealRow]) -> list[int]:
        return import_deals(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)

    def update(self, changes: Sequence[tuple[int, DealChange]]) -> dict[int, dict[str, Any]]:
        wanted = [c for _pk, c in changes]
        return update_deals(wanted, by=self.world.by, at=self.world.at, batch=self.world.batch)
