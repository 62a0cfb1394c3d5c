"""Companies from a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw, Read, ids_in, keys_in
from takt.gateways.transfer.kinds.cells import Cells, differing, given
from takt.gateways.transfer.kinds.naming import listed, owner_of, survivors_of
from takt.gateways.transfer.kinds.own import with_own
from takt.kernel.lib.names import fold, sort_key
from takt.sales.contacts.classifiers import CLASSIFIERS, Classifier
from takt.sales.contacts.commands.importing import (
    COMPANY_COLUMNS,
    Change,
    CompanyRow,
    import_companies,
    update_companies,
)
from takt.sales.contacts.models import Company, Email, Phone
from takt.sales.contacts.rules import normal_tax_id, normal_website

BINNED = "binned"


class Companies(Kind):
    name = "companies"
    record = "company"
    _circular: set[int]

    def key(self, values: Mapping[str, str]) -> object:
        for field in ("id", "import_key", "tax_id"):
            if field in values:
                return field, values[field]
        return "name", sort_key(values.get("name", ""))

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        read = self.read(raws, plan, self._row)
        known = self._known(read)
        kept = []
        for line, values, row in read:
            existing = self._match(values, row, known)
            if existing == BINNED:
                plan.refuse(line, _("This company is in the recycle bin. Restore it first."))
            elif existing is None and "id" in values:
                plan.refuse(line, _("There is no company of this number."))
            elif line in self._circular:
                plan.refuse(line, _("A company can't stand above itself."))
            else:
                kept.append((line, values, row, existing))
        self._parents(kept)
        for line, values, row, existing in kept:
            if existing is None:
                if self.add(line, values, row, plan) and self.world.is_dry:
                    self.world.companies_to_be.setdefault(sort_key(row.name), self.world.virtual())
            elif not isinstance(existing, dict):
                plan.updates.append((line, 0, None))
            elif (change := self._change(row, existing)) is None:
                plan.skipped.append(line)
            else:
                plan.updates.append((line, existing["id"], change))
        self._refuse_circles(plan)
        return plan

    def pieces(self, raws: Sequence[Raw]) -> list[list[Raw]]:
        """Parents before their subsidiaries, so that each finds its own."""
        names = {sort_key(values.get("name", "")): place for place, (_l, values) in enumerate(raws)}
        above = [names.get(sort_key(v["parent"])) if "parent" in v else None for _l, v in raws]
        levels: dict[int, list[Raw]] = {}
        self._circular: set[int] = set()
        for place, raw in enumerate(raws):
            level, upper = 0, above[place]
            if upper == place:
                upper = None  # its own name in the column means that it has no parent
            while upper is not None and level <= len(raws):
                level, upper = level + 1, above[upper] if above[upper] != upper else None
            if level > len(raws):
                self._circular.add(raw[0])
                level = 0
            levels.setdefault(level, []).append(raw)
        return [piece for level in sorted(levels) for piece in super(Companies, self).pieces(levels[level])]

    def _parents(self, kept: Sequence[tuple[int, Mapping[str, str], CompanyRow, Any]]) -> None:
        """The parent of each row by its name; made where there is none of that name."""
        wanted = {
            sort_key(values["parent"]): (line, CompanyRow(name=values["parent"][:200]))
            for line, values, row, _existing in kept
            if "parent" in values and sort_key(values["parent"]) != sort_key(row.name)
        }
        if not wanted:
            return
        found = self.world.companies(r.name for _l, r in wanted.values())
        missing = {key: given for key, given in wanted.items() if key not in found}
        found |= self.world.make_companies(missing)
        for _line, values, row, _existing in kept:
            if "parent" in values and sort_key(values["parent"]) != sort_key(row.name):
                row.parent = found[sort_key(values["parent"])]

    def _refuse_circles(self, plan: Plan) -> None:
        """No company may come to stand above itself."""
        moves = {pk: c.values["parent"] for _l, pk, c in plan.updates if c and "parent" in c.values}
        if not moves:
            return
        circular = set()
        for pk, parent in moves.items():
            upper, seen = parent, {pk}
            while upper is not None and upper > 0 and upper not in seen:  # below zero: not made yet
                seen.add(upper)
                upper = (
                    moves.get(upper)
                    or Company.objects.filter(pk=upper).values_list("parent_id", flat=True).first()
                )
            if upper == pk:
                circular.add(pk)
        plan.refused += [
            (line, _("A company can't stand above itself."))
            for line, pk, _c in plan.updates
            if pk in circular
        ]
        plan.updates = [u for u in plan.updates if u[1] not in circular]

    def _row(self, cells: Cells, line: int) -> CompanyRow:
        row = CompanyRow(name=cells.text("name"))
        if not row.name:
            cells.lacks("name", _("this can't be empty."))
        row.import_key = cells.text("import_key") or None
        row.tax_id = normal_tax_id(cells.text("tax_id", 40))
        row.industry = cells.text("industry", 80)
        row.region = cells.text("region", 120)
        row.address = cells.text("address", 300)
        website = cells.text("website")
        if website:
            row.website = normal_website(website) or ""
            if not row.website or len(row.website) > 200:
                cells.wrong("website", _("“%(text)s” is no web address.") % {"text": website[:80]})
        for one in CLASSIFIERS:
            setattr(row, one.name, _word(cells, one))
        row.interests = cells.tags("interests")
        row.next_contact_on = cells.day("next_contact_on")
        row.employees = cells.whole("employees", 0, 2_000_000_000)
        row.founded_year = cells.whole("founded_year", 1000, 2200)
        row.annual_revenue = cells.amount("annual_revenue")
        row.about = cells.text("about", 20_000)
        row.tags = cells.tags()
        row.phones = cells.phones()
        row.emails = cells.emails()
        row.created_at = cells.moment("created_at")[0]
        row.custom = self.custom(cells)
        row.owner = owner_of(cells, self.world)
        row.source = listed(cells, "source", 80, self.world.source, line)
        return row

    def _known(self, read: Sequence[Read[CompanyRow]]) -> dict[str, dict[object, Any]]:
        """Existing companies by id, key, tax number and name."""
        ids, keys = ids_in(v for _l, v, _r in read), keys_in(read)
        taxes = [r.tax_id for _l, _v, r in read if r.tax_id]
        names = [sort_key(r.name) for _l, _v, r in read]
        columns = ["id", "sort_key", "deleted_at", "merged_into_id", *COMPANY_COLUMNS.values()]
        condition = Q(sort_key__in=names) | Q(import_key__in=keys) | Q(tax_id__in=taxes) | Q(pk__in=ids)
        found: dict[str, dict[object, Any]] = {"id": {}, "key": {}, "tax": {}, "name": {}}
        within = Company.objects.all().within(self.world.by.user, "edit")
        for row in Company.objects.filter(condition).filter(within).order_by("-pk").values(*columns):
            found["id"][str(row["id"])] = row
            if row["import_key"]:
                found["key"][row["import_key"]] = row
            if row["deleted_at"] is None:
                if row["tax_id"]:
                    found["tax"][row["tax_id"]] = row
                found["name"].setdefault(row["sort_key"], []).append(row)
        survivors = survivors_of(Company, found["id"].values(), columns, self.world.by.user)
        for kind in ("id", "key"):
            found[kind] = {k: survivors.get(r["id"], r) for k, r in found[kind].items()}
        rows = {int(r["id"]): r for r in [*found["id"].values(), *sum(found["name"].values(), [])]}
        for r in rows.values():
            r["phones"], r["emails"] = [], []
        for pk, number in Phone.objects.filter(company__in=list(rows)).values_list("company_id", "number"):
            rows[pk]["phones"].append(number)
        for pk, address in Email.objects.filter(company__in=list(rows)).values_list("company_id", "address"):
            rows[pk]["emails"].append(address)
        return found

    def _match(self, values: Mapping[str, str], row: CompanyRow, known: dict[str, dict[object, Any]]) -> Any:
        """The company meant: by number, by key, by tax number, by name unless that one has another key."""
        if "id" in values:
            found = known["id"].get(values["id"])
        else:
            found = (known["key"].get(row.import_key) if row.import_key else None) or (
                known["tax"].get(row.tax_id) if row.tax_id else None
            )
        if found is not None:
            return BINNED if found["deleted_at"] is not None else found
        if self.is_to_be(values):
            return "to be"
        if "id" in values:
            return None
        for candidate in reversed(known["name"].get(sort_key(row.name), [])):
            has_other_key = (
                row.import_key and candidate["import_key"] and candidate["import_key"] != row.import_key
            )
            has_other_tax = row.tax_id and candidate["tax_id"] and candidate["tax_id"] != row.tax_id
            if not has_other_key and not has_other_tax:
                return candidate
        return None

    def _change(self, row: CompanyRow, existing: Mapping[str, Any]) -> Change | None:
        new = given((f, getattr(row, f)) for f in COMPANY_COLUMNS)
        if existing.get("was_merged"):
            new.pop("import_key", None)  # it stays with the record that was merged, and leads here
        if row.name and sort_key(row.name) == existing["sort_key"]:
            new.pop("name", None)
        if existing["source_id"]:
            new.pop("source", None)  # the first source is never lost
        values = with_own(differing(existing, new, COMPANY_COLUMNS), row, existing)
        phones = [p for p in row.phones if p not in existing["phones"]]
        emails = [e for e in row.emails if e not in existing["emails"]]
        if not (values or phones or emails):
            return None
        return Change(existing["id"], values, phones, emails)

    def create(self, rows: Sequence[CompanyRow]) -> list[int]:
        return import_companies(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)

    def update(self, changes: Sequence[tuple[int, Change]]) -> dict[int, dict[str, Any]]:
        wanted = [c for _pk, c in changes]
        return update_companies(wanted, by=self.world.by, at=self.world.at, batch=self.world.batch)


def _word(cells: Cells, one: Classifier) -> str:
    """The value of a classifier, by its code or by what it is called."""
    text = cells.text(one.name, 80)
    if not text:
        return ""
    for code, label in one.choices:
        if fold(text) in {code, fold(str(label))}:
            return code
    cells.wrong(one.name, _("“%(text)s” is none of its values.") % {"text": text[:40]})
    return ""
