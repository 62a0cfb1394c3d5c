"""Two records of one customer made one, and made two again exactly."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.facts import Fact, plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.commands import follow_merge
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.sales.contacts import classifiers, events, hooks
from takt.sales.contacts.commands import cards, channels
from takt.sales.contacts.commands.lookups import number_of
from takt.sales.contacts.models import Company, Contact, Distinct, Email, Employment, Merge, Phone

type Versions = tuple[int | None, int | None]

# Field of a record that one chooses from the left or the right: its column.
FIELDS: dict[str, dict[str, str]] = {
    "company": {
        "name": "name", "owner": "owner_id", "tax_id": "tax_id", "industry": "industry", "region": "region",
        "address": "address", "website": "website", "employees": "employees", "founded_year": "founded_year",
        "annual_revenue": "annual_revenue", "parent": "parent_id", "source": "source_id", "about": "about",
        **{name: name for name in classifiers.NAMES}, "next_contact_on": "next_contact_on",
    },
    "contact": {
        "name": "name", "company": "company_id", "position": "position", "owner": "owner_id",
        "source": "source_id", "about": "about", "language": "language", "time_zone": "time_zone",
    },
}  # fmt: skip
_DERIVED = ("sort_key", "twin_key", "search", "search_grams", "completeness")
MOST_TAGS = 50


@command
def merge_companies(
    survivor: Any,
    loser: Any,
    *,
    take: Iterable[str] = (),
    versions: Versions = (None, None),
    by: Actor,
    at: dt.datetime,
) -> tuple[Company, Merge]:
    """Make two companies one: all that was the loser's is the survivor's, and the old address leads there.

    `take` names the fields whose values are the loser's (one's own as `cf_<slug>`); where the survivor has none, the
    loser's are taken anyway.
    Phones, e-mails and tags are united. It needs the right to change both and to delete the loser.
    """
    return _merge(Company, (survivor, loser), take, versions, by=by, at=at)


@command
def merge_contacts(
    survivor: Any,
    loser: Any,
    *,
    take: Iterable[str] = (),
    versions: Versions = (None, None),
    by: Actor,
    at: dt.datetime,
) -> tuple[Contact, Merge]:
    """Make two people one, as `merge_companies` does with companies."""
    return _merge(Contact, (survivor, loser), take, versions, by=by, at=at)


@command
def keep_apart(kind: str, one: Any, other: Any, *, by: Actor, at: dt.datetime) -> None:
    """Remember that two records are not the same customer: they are not shown as duplicates again."""
    model = {"company": Company, "contact": Contact}.get(kind)
    if model is None:
        raise NotFound
    first, second = _both(model, (one, other), by, may_second="edit")
    ids = sorted((first.pk, second.pk))
    _row, is_new = Distinct.objects.get_or_create(
        kind=kind, one=ids[0], other=ids[1], defaults={"by": by.user, "at": at}
    )
    if is_new:
        fact = events.CompaniesDistinct if kind == "company" else events.ContactsDistinct
        record(fact(one=ids[0], other=ids[1]), about=[first, second], by=by, at=at)


def _both(
    model: Any, refs: tuple[Any, Any], by: Actor, *, may_second: str, versions: Versions = (None, None)
) -> tuple[Any, Any]:
    """Both records, locked in the order of their keys; each must be seen and may be changed."""
    ids = [ref.pk if isinstance(ref, model) else number_of(ref) or 0 for ref in refs]
    if ids[0] == ids[1]:
        raise Invalid.field("other", _("Choose two different records."), "same")
    known = dict(zip(ids, versions, strict=True))
    rows = {pk: model.objects.locked(pk, by=by, may="edit", version=known[pk]) for pk in sorted(ids)}
    if may_second != "edit" and not model.objects.visible_to(by.user, may_second).filter(pk=ids[1]).exists():
        raise Forbidden
    return rows[ids[0]], rows[ids[1]]


def _merge(
    model: Any, refs: tuple[Any, Any], take: Iterable[str], versions: Versions, *, by: Actor, at: dt.datetime
) -> tuple[Any, Merge]:
    kind = str(model._meta.model_name)
    wanted = set(take)
    own = list(FieldDefinition.objects.of(kind))
    if unknown := wanted - {*FIELDS[kind], *(d.column for d in own)}:
        raise Invalid.field(sorted(unknown)[0][:80], _("There is no such field."), "unknown_field")
    survivor, loser = _both(model, refs, by, may_second="delete", versions=versions)
    old_name = survivor.name
    kept: dict[str, Any] = {
        "fields": _take_fields(kind, survivor, loser, wanted),
        "custom": _take_own(own, survivor, loser, wanted),
        "tags": _unite_tags(survivor, loser),
        "interests": _unite_interests(survivor, loser),
        **{name: _add(model, survivor, loser, column) for name, model, column in CHANNELS},
        "derived": {column: getattr(survivor, column) for column in _DERIVED},
        "children": _move_children(kind, survivor.pk, loser.pk, at),
        "employments": _move_employments(kind, survivor.pk, loser.pk),
    }
    cards.describe(survivor, channels.numbers_of(survivor), channels.addresses_of(survivor))
    kept["made"] = {column: getattr(survivor, column) for column in _DERIVED}
    touched(survivor, at)
    survivor.save()
    loser.deleted_at, loser.deleted_by, loser.merged_into = at, by.user, survivor
    touched(loser, at)
    loser.save(update_fields=["deleted_at", "deleted_by", "merged_into", "version", "updated_at"])
    kept["naming"] = follow_merge(kind, survivor.pk, loser.pk, by=by, at=at)
    for told in hooks.on_merge:
        kept |= told(kind, survivor.pk, loser.pk, by=by, at=at)
    row = Merge.objects.create(
        kind=kind, survivor=survivor.pk, loser=loser.pk, kept=plain(kept), at=at, by=by.user
    )
    _record_merged(kind, survivor, loser, by=by, at=at)
    cards.tell_renamed(survivor, old_name, by=by, at=at)
    return survivor, row


def _record_merged(kind: str, survivor: Any, loser: Any, *, by: Actor, at: dt.datetime) -> None:
    about = [survivor, loser]
    if kind == "company":
        fact: Fact = events.CompanyMerged(survivor=survivor.pk, loser=loser.pk, name=loser.name)
        record(fact, about=about, by=by, at=at)
    else:
        fact = events.ContactMerged(survivor=survivor.pk, loser=loser.pk, name=loser.name)
        record(fact, about=about, by=by, at=at, person=("contact", loser.pk))


def _take_fields(kind: str, survivor: Any, loser: Any, wanted: set[str]) -> dict[str, list[Any]]:
    """Set the chosen fields of the survivor; answers each changed column with its old and its new value."""
    found: dict[str, list[Any]] = {}
    for field, column in FIELDS[kind].items():
        old, new = getattr(survivor, column), getattr(loser, column)
        is_empty = old is None or old == ""
        value = new if field in wanted or (is_empty and field != "owner") else old
        if column == "parent_id":
            value = _parent(survivor, loser, value)
        if value != old:
            setattr(survivor, column, value)
            found[column] = [plain(old), plain(value)]
    for column in _follow_company(survivor, loser, found) if kind == "contact" else ():
        old, value = getattr(survivor, column), getattr(loser, column)
        if value != old:
            setattr(survivor, column, value)
            found[column] = [plain(old), plain(value)]
    found |= _take_level(survivor, loser) if kind == "company" else {}
    return found


def _follow_company(survivor: Contact, loser: Contact, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Since when he is there comes from the record that his company comes from."""
    return ("company_since",) if "company_id" in found else ()


def _take_level(survivor: Company, loser: Company) -> dict[str, list[Any]]:
    """The loser's level where the survivor has none, with what stands behind it."""
    if survivor.level or not loser.level:
        return {}
    found = {}
    for column in ("level", "level_is_manual", "level_reason"):
        old, value = getattr(survivor, column), getattr(loser, column)
        if value != old:
            setattr(survivor, column, value)
            found[column] = [old, value]
    return found


def _unite_interests(survivor: Any, loser: Any) -> list[str]:
    """Interests of both; answers those that the survivor didn't have."""
    if not isinstance(survivor, Company):
        return []
    room = max(0, MOST_TAGS - len(survivor.interests))
    added = [t for t in loser.interests if t not in survivor.interests][:room]
    survivor.interests = [*survivor.interests, *added]
    return added


def _take_own(
    own: Iterable[FieldDefinition], survivor: Any, loser: Any, wanted: set[str]
) -> dict[str, list[Any]]:
    """The chosen own fields, and those that only the loser has; answers each with its old and its new value."""
    found: dict[str, list[Any]] = {}
    for field in own:
        old, new = survivor.custom.get(field.slug), loser.custom.get(field.slug)
        if new is not None and new != old and (old is None or field.column in wanted):
            found[field.slug] = [old, new]
    survivor.custom = survivor.custom | {slug: new for slug, (_old, new) in found.items()}
    return found


def _parent(survivor: Company, loser: Company, wanted: int | None) -> int | None:
    """The company above the two, once they are one: never themselves or what stands below them."""
    for candidate in (wanted, survivor.parent_id, loser.parent_id):
        if candidate is not None and not leads_to(candidate, {survivor.pk, loser.pk}):
            return candidate
    return None


def leads_to(above: int | None, goal: set[int]) -> bool:
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above in goal:
            return True
        seen.add(above)
        above = Company.objects.filter(pk=above).values_list("parent_id", flat=True).first()
    return False


def _unite_tags(survivor: Any, loser: Any) -> list[str]:
    """Tags of both; answers those that the survivor didn't have."""
    added = [t for t in loser.tags if t not in survivor.tags][: max(0, MOST_TAGS - len(survivor.tags))]
    survivor.tags = [*survivor.tags, *added]
    return added


CHANNELS: tuple[tuple[str, Any, str], ...] = (
    ("phones", Phone, "number"),
    ("emails", Email, "address"),
)


def _add(model: Any, survivor: Any, loser: Any, column: str) -> list[str]:
    """The loser's phones or e-mails that the survivor hasn't; the loser keeps his own for un-merging."""
    kind = cards.kind_of(survivor)
    standing = list(model.objects.filter(**{kind: survivor}).order_by("position", "id"))
    known = {getattr(row, column) for row in standing}
    last = max((row.position for row in standing), default=-1)
    added = [
        row
        for row in model.objects.filter(**{kind: loser}).order_by("position", "id")
        if getattr(row, column) not in known
    ]
    for place, row in enumerate(added, last + 1):
        row.pk, row.position = None, place
        setattr(row, f"{kind}_id", survivor.pk)
        row.save(force_insert=True)
    return [getattr(row, column) for row in added]


def _move_employments(kind: str, survivor: int, loser: int) -> list[int]:
    """Where people were before follows the company, or the person; answers which."""
    found = list(Employment.objects.filter(**{kind: loser}).order_by("pk").values_list("pk", flat=True))
    Employment.objects.filter(pk__in=found).update(**{f"{kind}_id": survivor})
    return found


def _move_children(kind: str, survivor: int, loser: int, at: dt.datetime) -> dict[str, list[int]]:
    """People and subsidiaries of the loser; answers which."""
    if kind != "company":
        return {}
    found = {}
    for name, model, column in CHILDREN:
        rows = model.objects.filter(**{column: loser})
        if model is Company:
            rows = rows.exclude(pk=survivor)  # what stands above it has been decided
        found[name] = list(rows.order_by("pk").values_list("pk", flat=True))
        change_link(model.objects.filter(pk__in=found[name]), column, survivor, at)
    return found


CHILDREN: tuple[tuple[str, Any, str], ...] = (
    ("people", Contact, "company_id"),
    ("subsidiaries", Company, "parent_id"),
)


def change_link(rows: Any, column: str, number: int, at: dt.datetime) -> int:
    return int(rows.update(**{column: number}, version=F("version") + 1, updated_at=at))
