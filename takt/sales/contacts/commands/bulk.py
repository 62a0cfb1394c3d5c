"""One act on many customers from a list: what the rules don't allow is left out and told.

Each act answers how every record is put back; `put_back` does it for those that nobody has changed since.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_own, touched
from takt.kernel.events.facts import Fact, plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between, read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.kernel.lists.acts import Outcome
from takt.kernel.undo.images import Image, Part, Picture, restore, untouched
from takt.sales.contacts import classifiers, events
from takt.sales.contacts.commands import cards, companies, contacts, lookups
from takt.sales.contacts.commands.binning import delete_all, restore_companies, restore_contacts
from takt.sales.contacts.commands.sources import demand_source_change
from takt.sales.contacts.models import Company, Contact, Email, Phone
from takt.sales.contacts.weights import completeness_of, weights_of

type Customers = type[Company] | type[Contact]
EDITABLE: dict[Any, frozenset[str]] = {
    Company: frozenset(
        {"industry", "region", "address", "website", "employees", "founded_year", "annual_revenue"}
    )
    | {"source"}
    | classifiers.ALL,
    Contact: frozenset({"position", "source"}),
}
HANDED: dict[Any, type[Any]] = {Company: events.CompanyOwnerChanged, Contact: events.ContactOwnerChanged}
TAGGED: dict[Any, type[Any]] = {Company: events.CompanyTagged, Contact: events.ContactTagged}


def changeable(
    model: Customers, ids: Iterable[int], out: Outcome, *, by: Actor, act: str = "edit"
) -> list[Any]:
    """The customers that the person may change so, locked; the others are left out, and it is told why."""
    wanted = set(ids)
    found = list(model.objects.locked_many(wanted, by=by, may=act))
    left = wanted - {row.pk for row in found}
    if left:
        seen = set(model.objects.visible_to(by.user).filter(pk__in=left).values_list("pk", flat=True))
        out.skip(seen, _("You may not change this record."))
        out.skip(left - seen, _("It is not there any more, or you may not see it."))
    return found


def _parts(model: Customers) -> tuple[Part, ...]:
    return (Part(model._meta.db_table),)


def _write(model: Customers, rows: Sequence[Any], fields: Sequence[str], out: Outcome) -> Outcome:
    picture = Picture(_parts(model), [row.pk for row in rows])
    model.objects.bulk_update(rows, [*fields, "version", "updated_at"], batch_size=1000)
    out.changed = picture.changes()
    return out


@command
def assign_many(
    ids: Sequence[int],
    arguments: Mapping[str, Any],
    *,
    model: Customers,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> Outcome:
    """Hand customers over; nobody as the owner makes them everybody's."""
    checks = Checks()
    new = lookups.owner_of(arguments.get("owner"), by=by, checks=checks)
    checks.finish()
    lookups.demand_within(new, model.objects.all().entity, by=by)
    out = Outcome()
    rows = changeable(model, ids, out, by=by)
    wanted = new.pk if new else None
    out.same = [row.pk for row in rows if row.owner_id == wanted]
    rows = [row for row in rows if row.owner_id != wanted]
    demand_own((row.owner_id for row in rows), model.objects.all().entity, by=by)
    prefetch_related_objects(rows, "owner")
    for row in rows:
        record(cards.handed_over(HANDED[model], row.owner, new), about=row, by=by, at=at, batch=batch)
        row.owner = new
        touched(row, at)
    return _write(model, rows, ["owner"], out)


@command
def tag_many(
    ids: Sequence[int],
    arguments: Mapping[str, Any],
    *,
    model: Customers,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> Outcome:
    """Put tags on customers and take others off."""
    added, removed = tags_in(arguments)
    out, changed = Outcome(), []
    for row in changeable(model, ids, out, by=by):
        tags = [*(t for t in row.tags if t not in removed), *(t for t in added if t not in row.tags)]
        if len(tags) > 50:
            out.skip([row.pk], _("At most 50 tags."))
        elif tags == row.tags:
            out.same.append(row.pk)
        else:
            record(_tagged(model, row.tags, tags), about=row, by=by, at=at, batch=batch)
            row.tags = tags
            touched(row, at)
            changed.append(row)
    return _write(model, changed, ["tags"], out)


def _tagged(model: Customers, old: list[str], new: list[str]) -> Fact:
    made: Fact = TAGGED[model](
        added=[t for t in new if t not in old], removed=[t for t in old if t not in new]
    )
    return made


def tags_in(arguments: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The tags to put on and to take off; Invalid where there is neither."""
    checks = Checks()
    added, removed = (checks.tags(name, arguments.get(name)) for name in ("add", "remove"))
    if not added and not removed and not checks.problems:
        checks.wrong("add", _("Say which tags to put on, or which to take off."), "required")
    checks.finish()
    return added, removed


@command
def edit_many(
    ids: Sequence[int],
    arguments: Mapping[str, Any],
    *,
    model: Customers,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> Outcome:
    """Give fields of many customers one value; a first source stays."""
    values, own = cleaned_edit(arguments, model=model, by=by, at=at)
    kind = str(model._meta.model_name)
    fields = fields_in_use(kind) if own is not None else []
    out, changed = Outcome(), []
    rows = changeable(model, ids, out, by=by)
    prefetch_related_objects(rows, "source")
    numbers, addresses = _reached(model, rows)
    weights = weights_of(kind)
    for row in rows:
        try:
            if "source" in values:
                demand_source_change(row.source, values["source"], by=by)
        except Refusal as refusal:
            out.refuse(row.pk, refusal)
            continue
        found = cards._differences(row, values)
        custom = row.custom
        if own is not None:
            custom = {s: v for s, v in (row.custom | own).items() if v is not None}
            found += changes_between(fields, row.custom, custom)
        if not found:
            out.same.append(row.pk)
            continue
        _note_edit(model, found, row, by=by, at=at, batch=batch)
        for field, value in values.items():
            setattr(row, field, value)
        row.custom = custom
        reached = numbers.get(row.pk, []), addresses.get(row.pk, [])
        row.set_search(*row.search_words(*reached))
        row.completeness = completeness_of(row, *reached, weights).percent
        touched(row, at)
        changed.append(row)
    described = ["search", "search_grams", "completeness"]
    return _write(model, changed, [*values, "custom", *described], out)


def _note_edit(
    model: Customers,
    found: list[dict[str, Any]],
    row: Any,
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> None:
    """What was changed; a person's values are sealed with his own key."""
    if model is Company:
        companies.record_changes(row, found, by=by, at=at, batch=batch)
    else:
        fact = events.ContactEdited(fields=[c["field"] for c in found], changes=found)
        record(fact, about=row, by=by, at=at, batch=batch, person=("contact", row.pk))


def cleaned_edit(
    arguments: Mapping[str, Any], *, model: Customers, by: Actor, at: dt.datetime
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The values by field, and of one's own fields by slug (None takes one away); Invalid as for one record."""
    changes = dict(arguments.get("changes") or {})
    own = changes.pop("custom", None)
    if not changes and not own:
        raise Invalid.field("changes", _("Choose what to change."), "required")
    checks = Checks()
    for field in sorted(set(changes) - EDITABLE[model]):
        checks.wrong(
            field[:80], _("There is no such field, or it can't be changed for many at once."), "unknown_field"
        )
    known = {f: v for f, v in changes.items() if f in EDITABLE[model]}
    if model is Company:
        values = companies.clean(Company(), known, by=by, at=at, checks=checks)
    else:
        values = cards.clean(known, contacts.TEXTS, "company", by=by, checks=checks)
    written = read_values(str(model._meta.model_name), {}, own, by=by, checks=checks)
    checks.finish()
    return values, None if own is None else {slug: written.custom.get(slug) for slug in own}


def _reached(model: Customers, rows: Sequence[Any]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Phones and e-mails of the rows, which they are found by."""
    link, ids = f"{model._meta.model_name}_id", [row.pk for row in rows]
    found: tuple[dict[int, list[str]], dict[int, list[str]]] = ({}, {})
    of: tuple[tuple[Any, str], ...] = ((Phone, "number"), (Email, "address"))
    for place, (channel, field) in enumerate(of):
        lines = channel.objects.filter(**{f"{link}__in": ids}).order_by("position", "id")
        for pk, value in lines.values_list(link, field):
            found[place].setdefault(pk, []).append(value)
    return found


@command
def delete_many(
    ids: Sequence[int],
    arguments: Mapping[str, Any],
    *,
    model: Customers,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> Outcome:
    """Move customers to the recycle bin."""
    out = Outcome()
    rows = changeable(model, ids, out, by=by, act="delete")
    if rows:
        delete_all(model, rows, by=by, at=at, batch=batch)
    table = model._meta.db_table
    out.changed = {r.pk: {table: {str(r.pk): {"deleted_at": [None, at.isoformat()]}}} for r in rows}
    return out


@command
def undelete_many(
    images: Mapping[int, Image], *, model: Customers, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> dict[int, str]:
    """Bring back from the bin what is still there."""
    rows = model.objects.restorable_by(by.user).filter(pk__in=list(images))
    there = set(rows.values_list("pk", flat=True))
    if there:
        (restore_companies if model is Company else restore_contacts)(sorted(there), by=by, at=at)
    return dict.fromkeys(set(images) - there, _("It is not in the recycle bin any more."))


@command
def put_back(
    images: Mapping[int, Image], *, model: Customers, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> dict[int, str]:
    """Give customers back what an act on many took; those that were changed since stay, and are answered."""
    kind = str(model._meta.model_name)
    mine = {row.pk: row for row in model.objects.locked_many(images, by=by)}
    kept = dict.fromkeys(set(images) - mine.keys(), _("It is not there any more, or you may not change it."))
    same = untouched({pk: images[pk] for pk in mine})
    kept |= dict.fromkeys(mine.keys() - same, _("It was changed since, and stays as it is."))
    restore({pk: images[pk] for pk in same}, at)
    fields = fields_in_use(kind)
    people = _people(images, same)
    for pk in sorted(same):
        changed = images[pk][model._meta.db_table][str(pk)] or {}
        for fact in _facts(model, changed, people):
            record(fact, about=mine[pk], by=by, at=at, batch=batch)
        if noted := _noted(model, changed, fields):
            _note_edit(model, noted, mine[pk], by=by, at=at, batch=batch)
    return kept


def _people(images: Mapping[int, Image], same: set[int]) -> dict[int, Any]:
    ids = set()
    for pk in same:
        for rows in images[pk].values():
            for changed in rows.values():
                ids |= set((changed or {}).get("owner_id", []))
    return {u.pk: u for u in lookups.User.objects.filter(pk__in=ids - {None})} if ids else {}


def _facts(model: Customers, changed: Mapping[str, list[Any]], people: Mapping[int, Any]) -> Iterable[Fact]:
    """The facts of the way back, the same as if somebody had gone it by hand."""
    if "owner_id" in changed:
        was, now = changed["owner_id"]
        yield cards.handed_over(HANDED[model], people.get(now), people.get(was))
    if "tags" in changed:
        yield _tagged(model, changed["tags"][1], changed["tags"][0])


def _noted(model: Customers, changed: Mapping[str, list[Any]], fields: Any) -> list[dict[str, Any]]:
    noted = [
        {"field": field, "old": plain(changed[column][1]), "new": plain(changed[column][0])}
        for field in sorted(EDITABLE[model])
        if (column := "source_id" if field == "source" else field) in changed
    ]
    if "custom" in changed:
        noted += changes_between(fields, changed["custom"][1], changed["custom"][0])
    return noted


def of(model: Customers, act: Callable[..., Any]) -> Callable[..., Any]:
    """The act for companies, or for people."""
    return partial(act, model=model)
