"""Whom and what a row names: colleagues, sources, companies. Shared by the kinds of record."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Plan, Read
from takt.gateways.transfer.kinds.cells import Cells
from takt.gateways.transfer.kinds.world import World
from takt.kernel.lib.names import sort_key
from takt.sales.contacts.commands.importing import CompanyRow
from takt.sales.contacts.queries import became


def owner_of(cells: Cells, world: World) -> int | None:
    """The colleague in the column of the owner; companies and people may have none."""
    name = cells.values.get("owner")
    found = world.user(name) if name else None
    if name and found is None and not world.options.get("ignore_owners"):
        cells.wrong("owner", _("nobody here is called “%(name)s”.") % {"name": name[:80]})
    return found


def responsible(cells: Cells, world: World, field: str) -> int:
    """The colleague in that column, else the one chosen for the import, else whoever imports."""
    name = cells.values.get(field)
    found = world.user(name) if name else None
    if found is None and (name is None or world.options.get("ignore_owners")):
        found = world.options.get("owner") or world.by.user_id
    if found is None:
        sentence = (
            _("nobody here is called “%(name)s”.") % {"name": name[:80]}
            if name
            else _("say who is responsible.")
        )
        cells.wrong(field, sentence)
    return found or 0


def listed(
    cells: Cells, field: str, most: int, find: Callable[[str, int], int | None], line: int
) -> int | None:
    """A word of one of Takt's own lists; made only for a row that is right otherwise, where it may be made."""
    text = cells.text(field, most)
    if not text or cells.problems:
        return None
    found = find(text, line)
    if found is None:
        cells.wrong(field, _("“%(name)s” isn't in the list.") % {"name": text[:80]})
    return found


def set_companies(
    read: Sequence[Read[Any]], plan: Plan, world: World, owner: Callable[[Any], int | None]
) -> list[Read[Any]]:
    """Give each row its company, by key or by name, made where there is none of that name.

    Answers the rows that aren't refused for a key that no company has.
    """
    known = world.companies(v["company"] for _l, v, _r in read if "company" in v)
    keyed = world.companies_by_key(v["company_key"] for _l, v, _r in read if "company_key" in v)
    missing: dict[str, tuple[int, CompanyRow]] = {}
    kept = []
    for line, values, row in read:
        if values.get("company_key") in keyed:
            row.company = keyed[values["company_key"]]
        elif "company" in values:
            key = sort_key(values["company"])
            row.company = known.get(key)
            if row.company is None:
                name = " ".join(values["company"].split())
                missing.setdefault(key, (line, CompanyRow(name=name, owner=owner(row))))
        elif "company_key" in values:
            plan.refuse(line, _("No company has the key “%(key)s”.") % {"key": values["company_key"][:80]})
            continue
        kept.append((line, values, row))
    made = world.make_companies(missing)
    for _line, values, row in kept:
        if row.company is None and "company" in values:
            row.company = made[sort_key(values["company"])]
    return kept


def survivors_of(
    model: Any, rows: Iterable[dict[str, Any]], columns: Sequence[str], user: Any
) -> dict[int, dict[str, Any]]:
    """By the key of a merged record, the one that it became: a key of another program follows it there."""
    merged = {r["id"]: became(model, r["id"], user) for r in rows if r["merged_into_id"] is not None}
    seen = model.objects.visible_to(user, "edit").filter(pk__in=[pk for pk in merged.values() if pk])
    found = {r["id"]: r | {"was_merged": True} for r in seen.values(*columns)}
    return {old: found[now] for old, now in merged.items() if now in found}
