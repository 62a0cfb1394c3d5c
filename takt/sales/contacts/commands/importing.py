"""Companies and people brought in from elsewhere, updated by a later file, and taken back."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.bulk_update import delete_rows, update_rows
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.sales.contacts import classifiers, events, imported, rules
from takt.sales.contacts.models import Company, Contact, Email, Employment, Phone, Source
from takt.sales.contacts.weights import reweigh, weights_of


@dataclass
class CompanyRow:
    """One company to be brought in; ids are resolved already."""

    name: str
    import_key: str | None = None
    owner: int | None = None
    parent: int | None = None
    tax_id: str = ""
    industry: str = ""
    region: str = ""
    address: str = ""
    website: str = ""
    employees: int | None = None
    founded_year: int | None = None
    annual_revenue: Decimal | None = None
    about: str = ""
    source: int | None = None
    tags: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    created_at: dt.datetime | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    development: str = ""
    loyalty: str = ""
    competition: str = ""
    last_result: str = ""
    last_result_reason: str = ""
    client_type: str = ""
    readiness: str = ""
    budget_class: str = ""
    payment_discipline: str = ""
    size_class: str = ""
    refusal_reason: str = ""
    interests: list[str] = field(default_factory=list)
    next_contact_on: dt.date | None = None


@dataclass
class ContactRow:
    """One person to be brought in; ids are resolved already."""

    name: str
    import_key: str | None = None
    company: int | None = None
    position: str = ""
    owner: int | None = None
    about: str = ""
    source: int | None = None
    tags: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    created_at: dt.datetime | None = None
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What one row of a file changes in an existing record: values by attribute, phones and e-mails added."""

    id: int
    values: Mapping[str, Any]
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()


# Attribute of a company or contact that a file may change: its column.
COMPANY_COLUMNS = {
    "name": "name", "import_key": "import_key", "owner": "owner_id", "parent": "parent_id", "tax_id": "tax_id",
    "industry": "industry", "region": "region", "address": "address", "website": "website",
    "employees": "employees", "founded_year": "founded_year", "annual_revenue": "annual_revenue",
    "about": "about", "source": "source_id", "tags": "tags", "custom": "custom",
    **{name: name for name in classifiers.NAMES}, "interests": "interests", "next_contact_on": "next_contact_on",
}  # fmt: skip
CONTACT_COLUMNS = {
    "name": "name", "import_key": "import_key", "company": "company_id", "position": "position",
    "owner": "owner_id", "about": "about", "source": "source_id", "tags": "tags", "custom": "custom",
}  # fmt: skip


@command
def import_sources(names: Sequence[str], *, by: Actor, at: dt.datetime) -> list[int]:
    """Add sources that a file names and nobody has listed yet."""
    last = Source.objects.aggregate(last=Max("position"))["last"] or 0
    rows = Source.objects.bulk_create([Source(name=n, position=last + i) for i, n in enumerate(names, 1)])
    for row in rows:
        record(imported.SourceAdded(name=row.name), about=("source", row.pk), by=by, at=at)
    return [row.pk for row in rows]


@command
def import_companies(
    rows: Sequence[CompanyRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> list[int]:
    """Write companies with their phones and e-mails; answers their keys in the rows' order."""
    if not rows:
        return []
    batch = batch or uuid.uuid4()
    ids, weighed = next_ids("company", len(rows)), weights_of("company")
    pairs = list(zip(ids, rows, strict=True))
    copy_rows(
        "company",
        [
            "id", "name", "sort_key", "twin_key", "search", "search_grams", "import_key", "owner_id", "parent_id", "tax_id",
            "industry", "region", "address", "website", "employees", "founded_year", "annual_revenue", "about",
            "source_id", "tags", "created_at", "created_by_id", "updated_at", "version", "custom", *classifiers.NAMES,
            "interests", "next_contact_on", "completeness",
        ],
        (
            (
                pk, r.name, sort_key(r.name), rules.twin_key(r.name),
                text := search_text(*rules.company_words(r.name, r.tax_id, r.phones, r.emails, r.region, r.website)),
                grams(text), r.import_key, r.owner, r.parent, r.tax_id, r.industry, r.region, r.address, r.website,
                r.employees, r.founded_year, r.annual_revenue, r.about, r.source, r.tags, r.created_at or at,
                by.user_id, at, 1, json.dumps(r.custom), *(getattr(r, name) for name in classifiers.NAMES), r.interests,
                r.next_contact_on, rules.completeness("company", vars(r), weighed).percent,
            )
            for pk, r in pairs
        ),
    )  # fmt: skip
    _add_channels("company_id", [(pk, 0, r.phones, r.emails) for pk, r in pairs])
    for pk, r in pairs:
        fact = events.CompanyCreated(name=r.name, owner=r.owner, source=r.source)
        record(fact, about=("company", pk), by=by, at=r.created_at or at, batch=batch)
    return ids


@command
def import_contacts(
    rows: Sequence[ContactRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> list[int]:
    """Write people with their phones and e-mails; what is personal stands sealed in their events."""
    if not rows:
        return []
    batch = batch or uuid.uuid4()
    ids, weighed = next_ids("contact", len(rows)), weights_of("contact")
    pairs = list(zip(ids, rows, strict=True))
    copy_rows(
        "contact",
        [
            "id", "name", "sort_key", "twin_key", "search", "search_grams", "import_key", "company_id", "position", "owner_id",
            "about", "source_id", "tags", "created_at", "created_by_id", "updated_at", "version", "custom", "completeness",
        ],
        (
            (
                pk, r.name, sort_key(r.name), rules.twin_key(r.name),
                text := search_text(*rules.contact_words(r.name, r.position, r.phones, r.emails)),
                grams(text), r.import_key, r.company, r.position, r.owner, r.about, r.source, r.tags,
                r.created_at or at, by.user_id, at, 1, json.dumps(r.custom),
                rules.completeness("contact", vars(r), weighed).percent,
            )
            for pk, r in pairs
        ),
    )  # fmt: skip
    _add_channels("contact_id", [(pk, 0, r.phones, r.emails) for pk, r in pairs])
    for pk, r in pairs:
        fact = events.ContactCreated(
            company=r.company,
            owner=r.owner,
            source=r.source,
            name=r.name,
            phones=r.phones or None,
            emails=r.emails or None,
        )
        about = [("contact", pk), ("company", r.company) if r.company else None]
        record(fact, about=about, by=by, at=r.created_at or at, batch=batch, person=("contact", pk))
    return ids


def _add_channels(column: str, rows: Sequence[tuple[int, int, Sequence[str], Sequence[str]]]) -> None:
    copy_rows(
        "phone",
        [column, "number", "kind", "position"],
        ((pk, n, "work", start + i) for pk, start, phones, _e in rows for i, n in enumerate(phones)),
    )
    copy_rows(
        "email",
        [column, "address", "position"],
        ((pk, a, start + i) for pk, start, _p, emails in rows for i, a in enumerate(emails)),
    )


@command
def update_companies(
    changes: Sequence[Change], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> dict[int, dict[str, Any]]:
    """Change companies as a file says; answers, by key, what an undo has to put back."""
    return _update("company", COMPANY_COLUMNS, changes, by=by, at=at, batch=batch or uuid.uuid4())


@command
def update_contacts(
    changes: Sequence[Change], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> dict[int, dict[str, Any]]:
    """Change people as a file says; answers, by key, what an undo has to put back."""
    return _update("contact", CONTACT_COLUMNS, changes, by=by, at=at, batch=batch or uuid.uuid4())


def _update(
    kind: str,
    columns: dict[str, str],
    changes: Sequence[Change],
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> dict[int, dict[str, Any]]:
    if not changes:
        return {}
    rows = _locked_values(kind, columns, [c.id for c in changes])
    fields = fields_in_use(kind) if any("custom" in c.values for c in changes) else []
    kept: dict[int, dict[str, Any]] = {}
    for change in changes:
        row = rows[change.id]
        old = {f: plain(row[columns[f]]) for f in change.values}
        kept[change.id] = {"values": old, "phones": list(change.phones), "emails": list(change.emails)}
        noted = [
            {"field": f, "old": old[f], "new": plain(v)} for f, v in change.values.items() if f != "custom"
        ]
        if "custom" in change.values:
            noted += changes_between(fields, row["custom"], change.values["custom"])
        noted += [{"field": "phones", "old": None, "new": n} for n in change.phones]
        noted += [{"field": "emails", "old": None, "new": a} for a in change.emails]
        if kind == "company":
            judged = [n for n in noted if n["field"] in classifiers.ALL]
            rest = [n for n in noted if n["field"] not in classifiers.ALL]
            for fact_of, found in ((events.CompanyClassified, judged), (events.CompanyEdited, rest)):
                if found:
                    record(fact_of(changes=found), about=(kind, change.id), by=by, at=at, batch=batch)
        else:
            fact = events.ContactEdited(
                fields=[n["field"] for n in noted],
                changes=noted,
            )
            record(fact, about=(kind, change.id), by=by, at=at, batch=batch, person=(kind, change.id))
        if kind == "contact" and "company" in change.values:
            kept[change.id]["moved"] = _leave(row, change, by=by, at=at)
        for f, v in change.values.items():
            row[columns[f]] = v
    _add_channels(f"{kind}_id", [(c.id, 100, c.phones, c.emails) for c in changes])
    _rewrite(kind, columns, rows, at)
    return kept


def _leave(row: Mapping[str, Any], change: Change, *, by: Actor, at: dt.datetime) -> dict[str, Any]:
    """A file says that a person is with another company: where he was is kept. Answers what takes that back."""
    today, since = timezone.localdate(at), row["company_since"]
    left = None
    if row["company_id"] is not None and row["company_id"] != change.values["company"]:
        left = Employment.objects.create(
            contact_id=change.id,
            company_id=row["company_id"],
            position=row["position"],
            since=since if since and since <= today else None,
            until=today,
            at=at,
            by=by.user,
        ).pk
    Contact.objects.filter(pk=change.id).update(company_since=today)
    return {"since": plain(since), "employment": left}


def _locked_values(kind: str, columns: dict[str, str], ids: list[int]) -> dict[int, dict[str, Any]]:
    model = Company if kind == "company" else Contact
    rows = model.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    more = ("company_since",) if kind == "contact" else ()
    return {r["id"]: r for r in rows.values("id", "version", *more, *columns.values())}


def _rewrite(kind: str, columns: dict[str, str], rows: dict[int, dict[str, Any]], at: dt.datetime) -> None:
    """Store changed rows whole, their order and search words with them."""
    ids = list(rows)
    reach: dict[int, tuple[list[str], list[str]]] = {pk: ([], []) for pk in ids}
    for owner, number in Phone.objects.filter(**{f"{kind}_id__in": ids}).values_list(f"{kind}_id", "number"):
        reach[owner][0].append(number)
    for owner, address in Email.objects.filter(**{f"{kind}_id__in": ids}).values_list(
        f"{kind}_id", "address"
    ):
        reach[owner][1].append(address)
    stored = []
    for pk, row in rows.items():
        phones, emails = reach[pk]
        if kind == "company":
            about = (row["region"], row["website"])
            words = rules.company_words(row["name"], row["tax_id"], phones, emails, *about)
        else:
            words = rules.contact_words(row["name"], row["position"], phones, emails)
        text = search_text(*words)
        stored.append(
            (
                pk,
                *(json.dumps(row[c]) if c == "custom" else row[c] for c in columns.values()),
                sort_key(row["name"]),
                rules.twin_key(row["name"]),
                text,
                grams(text),
                at,
                row["version"] + 1,
            )
        )
    update_rows(
        kind,
        [*columns.values(), "sort_key", "twin_key", "search", "search_grams", "updated_at", "version"],
        stored,
    )
    reweigh(kind, ids)


@command
def put_back(
    kind: str,
    kept: Mapping[int, Mapping[str, Any]],
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID | None = None,
) -> None:
    """Give companies or contacts the values they had before an import changed them."""
    columns = COMPANY_COLUMNS if kind == "company" else CONTACT_COLUMNS
    rows = _locked_values(kind, columns, list(kept))
    for pk, row in rows.items():
        for f, v in kept[pk]["values"].items():
            row[columns[f]] = _stored(f, v)
        if moved := kept[pk].get("moved"):
            Employment.objects.filter(pk=moved["employment"]).delete()
            Contact.objects.filter(pk=pk).update(company_since=_stored("company_since", moved["since"]))
        Phone.objects.filter(**{f"{kind}_id": pk}, number__in=kept[pk]["phones"], position__gte=100).delete()
        Email.objects.filter(**{f"{kind}_id": pk}, address__in=kept[pk]["emails"], position__gte=100).delete()
        _note_undone(kind, pk, False, by=by, at=at, batch=batch)
    if rows:
        _rewrite(kind, columns, rows, at)


def _stored(field: str, value: Any) -> Any:
    if value is not None and field == "annual_revenue":
        return Decimal(value)
    if value is not None and field in {"next_contact_on", "company_since"}:
        return dt.date.fromisoformat(value)
    return value


@command
def remove_imported(
    kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove companies, contacts or sources that an import made and nobody has touched since."""
    if kind == "source":
        for pk, name in list(Source.objects.filter(pk__in=ids).values_list("pk", "name")):
            record(imported.SourceRemoved(name=name), about=("source", pk), by=by, at=at, batch=batch)
        delete_rows("source", ids)
        return
    if kind == "company":
        Company.objects.filter(parent_id__in=ids).exclude(pk__in=ids).update(parent=None)
    delete_rows("contact_employment", ids, f"{kind}_id")
    if kind == "company":
        delete_rows("customer_standing", ids, "company_id")
    delete_rows("phone", ids, f"{kind}_id")
    delete_rows("email", ids, f"{kind}_id")
    delete_rows(kind, ids)
    for pk in ids:
        _note_undone(kind, pk, True, by=by, at=at, batch=batch)


def _note_undone(
    kind: str, pk: int, is_removed: bool, *, by: Actor, at: dt.datetime, batch: uuid.UUID | None
) -> None:
    fact = (imported.CompanyImportUndone if kind == "company" else imported.ContactImportUndone)(
        is_removed=is_removed
    )
    record(fact, about=(kind, pk), by=by, at=at, batch=batch)
