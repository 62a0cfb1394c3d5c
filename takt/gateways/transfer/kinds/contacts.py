"""People from a file, with the companies they work for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw, Read, ids_in, keys_in
from takt.gateways.transfer.kinds.cells import Cells, differing, given
from takt.gateways.transfer.kinds.naming import listed, owner_of, set_companies, survivors_of
from takt.gateways.transfer.kinds.own import with_own
from takt.gateways.transfer.kinds.people import People, Person
from takt.kernel.lib.names import sort_key
from takt.sales.contacts.commands.importing import (
    CONTACT_COLUMNS,
    Change,
    ContactRow,
    import_contacts,
    update_contacts,
)
from takt.sales.contacts.models import Contact, Email, Phone


class Contacts(Kind):
    name = "contacts"
    record = "contact"

    def key(self, values: Mapping[str, str]) -> object:
        for field in ("id", "import_key", "emails", "phones"):
            if field in values:
                return field, values[field].lower()
        names = (values.get(f, "") for f in ("name", "first_name", "last_name", "company"))
        return "name", *(sort_key(n) for n in names)

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        read = self.read(raws, plan, self._row)
        read = set_companies(read, plan, self.world, lambda row: row.owner)
        by_id, by_key = self._known(read)
        wanted = [Person(r.name, r.company, r.emails, r.phones) for _l, _v, r in read]
        people = People(self.world, wanted, [*CONTACT_COLUMNS.values()])
        matched: list[tuple[int, ContactRow, dict[str, Any]]] = []
        for (line, values, row), person in zip(read, wanted, strict=True):
            found: dict[str, Any] | None
            if "id" in values:
                found = by_id.get(values["id"])
                if found is None:
                    plan.refuse(line, _("There is no contact of this number."))
                    continue
            else:
                found = by_key.get(row.import_key) if row.import_key else None
                if found is None and (pk := people.find(person)) is not None:
                    candidate = people.rows[pk]
                    has_other_key = row.import_key and candidate["import_key"] not in (None, row.import_key)
                    found = None if has_other_key else candidate
            if found is not None and found["deleted_at"] is not None:
                plan.refuse(line, _("This contact is in the recycle bin. Restore it first."))
            elif found is not None:
                matched.append((line, row, found))
            elif self.is_to_be(values):
                plan.updates.append((line, 0, None))
            else:
                self.add(line, values, row, plan)
        self._changes(matched, plan)
        return plan

    def _row(self, cells: Cells, line: int) -> ContactRow:
        name = cells.text("name") or " ".join(
            t for f in ("first_name", "middle_name", "last_name") if (t := cells.text(f))
        )
        row = ContactRow(name=name[:200])
        row.emails = cells.emails()
        row.phones = cells.phones()
        if not row.name:
            row.name = row.emails[0][:200] if row.emails else ""
        if not row.name:
            cells.lacks("name", _("this can't be empty."))
        row.import_key = cells.text("import_key") or None
        cells.text("company")
        row.position = cells.text("position", 120)
        row.about = cells.text("about", 20_000)
        row.tags = cells.tags()
        row.created_at = cells.moment("created_at")[0]
        row.custom = self.custom(cells)
        row.owner = owner_of(cells, self.world)
        row.source = listed(cells, "source", 80, self.world.source, line)
        return row

    def _known(self, read: Sequence[Read[ContactRow]]) -> tuple[dict[str, Any], dict[str, Any]]:
        ids, keys = ids_in(v for _l, v, _r in read), keys_in(read)
        if not ids and not keys:
            return {}, {}
        columns = ["id", "sort_key", "deleted_at", "merged_into_id", *CONTACT_COLUMNS.values()]
        within = Contact.objects.all().within(self.world.by.user, "edit")
        rows = list(
            Contact.objects.filter(Q(pk__in=ids) | Q(import_key__in=keys)).filter(within).values(*columns)
        )
        survivors = survivors_of(Contact, rows, columns, self.world.by.user)
        by_id = {str(r["id"]): survivors.get(r["id"], r) for r in rows}
        return by_id, {r["import_key"]: survivors.get(r["id"], r) for r in rows if r["import_key"]}

    def _changes(self, matched: Sequence[tuple[int, ContactRow, dict[str, Any]]], plan: Plan) -> None:
        ids = [m["id"] for _l, _r, m in matched]
        phones = set(Phone.objects.filter(contact__in=ids).values_list("contact_id", "number"))
        emails = set(Email.objects.filter(contact__in=ids).values_list("contact_id", "address"))
        changed: set[int] = set()
        for line, row, existing in matched:
            pk = existing["id"]
            new = given((f, getattr(row, f)) for f in CONTACT_COLUMNS)
            if sort_key(row.name) == existing["sort_key"] or row.name in row.emails:
                new.pop("name", None)
            if existing["source_id"]:
                new.pop("source", None)  # the first source is never lost
            if existing.get("was_merged"):
                new.pop("import_key", None)  # it stays with the record that was merged, and leads here
            values = with_own(differing(existing, new, CONTACT_COLUMNS), row, existing)
            more_phones = [p for p in row.phones if (pk, p) not in phones]
            more_emails = [e for e in row.emails if (pk, e) not in emails]
            if pk in changed:
                plan.refuse(line, _("Another row of the file has just changed the same contact."))
            elif values or more_phones or more_emails:
                changed.add(pk)
                plan.updates.append((line, pk, Change(pk, values, more_phones, more_emails)))
            else:
                plan.skipped.append(line)

    def create(self, rows: Sequence[ContactRow]) -> list[int]:
        return import_contacts(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)

    def update(self, changes: Sequence[tuple[int, Change]]) -> dict[int, dict[str, Any]]:
        wanted = [c for _pk, c in changes]
        return update_contacts(wanted, by=self.world.by, at=self.world.at, batch=self.world.batch)
