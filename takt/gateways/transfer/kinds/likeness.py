"""Rows that would become new customers, though one like them is here already or stands earlier in the file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.world import World
from takt.sales.contacts.commands.twins import NEAR
from takt.sales.contacts.models import Company, Contact, Email, Phone
from takt.sales.contacts.rules import is_similar, twin_key

MODELS: dict[str, Any] = {"company": Company, "contact": Contact}
_NEAR = """
SELECT g.line, near.id FROM unnest(%s::int[], %s::text[]) g(line, key) CROSS JOIN LATERAL (
    SELECT o.id FROM {table} o WHERE o.deleted_at IS NULL AND o.twin_key %% g.key
    ORDER BY similarity(o.twin_key, g.key) DESC, o.id LIMIT 5
) near WHERE length(g.key) > 1
"""


@dataclass(frozen=True)
class Like:
    """What a row looks like: a record by its number, or, where that is 0, an earlier row of the file."""

    id: int
    name: str
    reason: str


def likes(record: str, rows: Sequence[tuple[int, Any]], world: World) -> dict[int, Like]:
    """By line, the customers of `record` that new rows look like; exact matches before similar names.

    Only records that whoever imports may change: nothing is said of others.
    """
    found: dict[int, Like] = {}
    for line, like in _exact(record, rows, world):
        found.setdefault(line, like)
    for line, like in _similar(record, [r for r in rows if r[0] not in found], world):
        found.setdefault(line, like)
    for line, row in rows:
        earlier = _earlier(record, line, row, world)
        if earlier is not None:
            found.setdefault(line, earlier)
    return found


def _editable(record: str, ids: Iterable[int], world: World) -> dict[int, Any]:
    rows = MODELS[record].objects.visible_to(world.by.user, "edit").filter(pk__in=set(ids))
    return {row.pk: row for row in rows.only("pk", "name", *_MORE[record])}


_MORE = {"company": ("region", "tax_id"), "contact": ("company_id",)}


def _exact(record: str, rows: Sequence[tuple[int, Any]], world: World) -> Iterable[tuple[int, Like]]:
    keys: tuple[tuple[Any, str, str, str], ...] = (
        (Phone, "number", "phones", _("The phone number is the same")),
        (Email, "address", "emails", _("The e-mail address is the same")),
    )
    for model, column, attribute, reason in keys:
        lines: dict[str, list[int]] = {}
        for line, row in rows:
            for value in getattr(row, attribute):
                lines.setdefault(value, []).append(line)
        if not lines:
            continue
        held = model.objects.filter(**{f"{column}__in": lines, f"{record}__isnull": False}).order_by("-pk")
        owners = dict(held.values_list(column, f"{record}_id"))
        seen = _editable(record, owners.values(), world)
        for value, pk in owners.items():
            for line in lines[value] if pk in seen else ():
                yield line, Like(pk, seen[pk].name, reason)


def _similar(record: str, rows: Sequence[tuple[int, Any]], world: World) -> Iterable[tuple[int, Like]]:
    asked = {line: row for line, row in rows if row.name}
    if not asked:
        return
    keys = [twin_key(row.name) for row in asked.values()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(NEAR)])
        cursor.execute(_NEAR.format(table=record), [list(asked), keys])
        near = cursor.fetchall()
    seen = _editable(record, (pk for _line, pk in near), world)
    for line, pk in near:
        if pk in seen and _is_like(asked[line], seen[pk]):
            yield line, Like(pk, seen[pk].name, _("The name is nearly the same"))


def _is_like(row: Any, record: Any) -> bool:
    if isinstance(record, Contact):  # namesakes in two companies are two people
        apart = None not in (row.company, record.company_id) and row.company != record.company_id
        return not apart and is_similar(row.name, record.name)
    if row.tax_id and record.tax_id and row.tax_id != record.tax_id:
        return False
    return is_similar(row.name, record.name, region=row.region, other_region=record.region)


def _earlier(record: str, line: int, row: Any, world: World) -> Like | None:
    """The row before this one in the file that has the same phone, e-mail or sound of its name."""
    reasons: list[tuple[object, str]] = [
        *((("phone", n), _("The phone number is the same")) for n in row.phones),
        *((("email", a), _("The e-mail address is the same")) for a in row.emails),
    ]
    if row.name:
        place = getattr(row, "company", None) or getattr(row, "region", "")
        tax = getattr(row, "tax_id", "")
        sound = ("name", twin_key(row.name).replace(" ", ""), place, tax)
        reasons.append((sound, _("The name is nearly the same")))
    found = None
    for key, reason in reasons:
        first = world.rows_before.setdefault(hash((record, key)), line)
        if first != line and found is None:
            told = _("Line %(line)d of the file. %(reason)s") % {"line": first, "reason": reason}
            found = Like(0, "", told)
    return found
