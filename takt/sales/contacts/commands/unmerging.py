"""Taking a merge back: what the survivor took and still has unchanged is the other's again."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.commands import follow_unmerge
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound, Refused
from takt.kernel.undo.registry import inverse
from takt.sales.contacts import events, hooks
from takt.sales.contacts.commands import cards, channels
from takt.sales.contacts.commands.lookups import number_of
from takt.sales.contacts.commands.merging import CHANNELS, CHILDREN, change_link, leads_to
from takt.sales.contacts.models import Company, Contact, Employment, Merge


@inverse("contacts.unmerge_companies")
@command
def unmerge_companies(merge: Any, *, by: Actor, at: dt.datetime) -> tuple[Company, int]:
    """Make a merged company two again; what somebody changed since stays as it is, and is counted."""
    return _unmerge(Company, merge, by=by, at=at)


@inverse("contacts.unmerge_contacts")
@command
def unmerge_contacts(merge: Any, *, by: Actor, at: dt.datetime) -> tuple[Contact, int]:
    """Make a merged person two again; what somebody changed since stays as it is, and is counted."""
    return _unmerge(Contact, merge, by=by, at=at)


def _give_employments_back(kind: str, survivor: int, loser: int, kept: Mapping[str, Any]) -> int:
    ids = kept.get("employments", [])
    return len(ids) - Employment.objects.filter(pk__in=ids, **{kind: survivor}).update(
        **{f"{kind}_id": loser}
    )


def _unmerge(model: Any, ref: Any, *, by: Actor, at: dt.datetime) -> tuple[Any, int]:
    kind = str(model._meta.model_name)
    number = ref.pk if isinstance(ref, Merge) else number_of(ref) or 0
    row = Merge.objects.select_for_update().filter(pk=number, kind=kind, undone_at=None).first()
    if row is None:
        raise NotFound
    survivor = model.objects.filter(pk=row.survivor).first()
    if survivor is not None and survivor.merged_into_id is not None:
        raise Refused(
            _("This record was merged into another one since. Take that merge back first."),
            code="merged_again",
        )
    survivor = model.objects.locked(row.survivor, by=by, may="edit")
    loser = model.objects.select_for_update(of=("self",)).get(pk=row.loser)
    if not model.objects.filter(model.objects.all().within(by.user, "delete"), pk=loser.pk).exists():
        raise Forbidden
    stayed = _give_children_back(kind, survivor.pk, loser.pk, row.kept, at)
    stayed += _give_employments_back(kind, survivor.pk, loser.pk, row.kept)
    old_name = survivor.name
    stayed += _give_fields_back(survivor, row.kept)
    loser.deleted_at = loser.deleted_by = loser.merged_into = None
    touched(loser, at)
    loser.save(update_fields=["deleted_at", "deleted_by", "merged_into", "version", "updated_at"])
    touched(survivor, at)
    survivor.save()
    stayed += follow_unmerge(row.kept.get("naming", {}), survivor.pk, loser.pk, by=by, at=at)
    for told in hooks.on_unmerge:
        stayed += told(kind, survivor.pk, loser.pk, row.kept, by=by, at=at)
    row.undone_at = at
    row.save(update_fields=["undone_at"])
    _record_unmerged(kind, survivor, loser, stayed, by=by, at=at)
    cards.tell_renamed(survivor, old_name, by=by, at=at)
    return loser, stayed


def _give_children_back(
    kind: str, survivor: int, loser: int, kept: Mapping[str, Any], at: dt.datetime
) -> int:
    stayed = 0
    for name, child, column in CHILDREN if kind == "company" else ():
        rows = child.objects.filter(pk__in=kept["children"][name])
        stayed += rows.exclude(**{column: survivor}).count()
        change_link(rows.filter(**{column: survivor}), column, loser, at)
    return stayed


def _record_unmerged(
    kind: str, survivor: Any, loser: Any, stayed: int, *, by: Actor, at: dt.datetime
) -> None:
    about = [survivor, loser]
    numbers = {"survivor": survivor.pk, "loser": loser.pk, "stayed": stayed}
    if kind == "company":
        record(events.CompanyUnmerged(**numbers, name=loser.name), about=about, by=by, at=at)
    else:
        fact = events.ContactUnmerged(**numbers, name=loser.name)
        record(fact, about=about, by=by, at=at, person=("contact", loser.pk))


def _give_fields_back(survivor: Any, kept: Mapping[str, Any]) -> int:
    """The survivor's own values where they are as the merge left them; answers how many stay."""
    is_untouched = all(getattr(survivor, column) == made for column, made in kept["made"].items())
    stayed = 0
    for column, (old, new) in kept["fields"].items():
        if plain(getattr(survivor, column)) == new and _may_stand(survivor, column, old):
            setattr(survivor, column, survivor._meta.get_field(column).to_python(old))
        else:
            stayed += 1
    stayed += _give_own_back(survivor, kept.get("custom", {}))
    united = [t for t in kept["tags"] if t in survivor.tags]
    stayed += len(kept["tags"]) - len(united)
    survivor.tags = [t for t in survivor.tags if t not in united]
    if shared := kept.get("interests"):
        mine = [t for t in shared if t in survivor.interests]
        stayed += len(shared) - len(mine)
        survivor.interests = [t for t in survivor.interests if t not in mine]
    kind = cards.kind_of(survivor)
    for name, model, column in CHANNELS:
        rows = model.objects.filter(**{kind: survivor, f"{column}__in": kept[name]})
        stayed += len(kept[name]) - rows.delete()[0]
    if is_untouched and not stayed:
        for column, old in kept["derived"].items():
            setattr(survivor, column, old)
    else:
        cards.describe(survivor, channels.numbers_of(survivor), channels.addresses_of(survivor))
    return stayed


def _give_own_back(survivor: Any, kept: Mapping[str, list[Any]]) -> int:
    stayed, custom = 0, dict(survivor.custom)
    for slug, (old, new) in kept.items():
        if custom.get(slug) != new:
            stayed += 1
        elif old is None:
            del custom[slug]
        else:
            custom[slug] = old
    survivor.custom = custom
    return stayed


def _may_stand(survivor: Any, column: str, old: Any) -> bool:
    """Whether what a reference pointed to is still there, and no company would stand above itself."""
    related = survivor._meta.get_field(column).related_model
    if related is None or old is None:
        return True
    if column == "parent_id" and leads_to(old, {survivor.pk}):
        return False
    return bool(related._base_manager.filter(pk=old).exists())
