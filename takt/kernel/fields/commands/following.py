"""Own fields that name a company or a contact, when that record becomes another one or leaves for good."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db.models import F, Func, JSONField

from takt.kernel.events.unit import command
from takt.kernel.fields.models import MODELS, Entity, FieldDefinition
from takt.kernel.fields.paths import value_at
from takt.kernel.lib.actor import Actor


@command
def follow_merge(
    kind: str, survivor: int, loser: int, *, by: Actor, at: dt.datetime
) -> dict[str, dict[str, list[int]]]:
    """What names `loser` names `survivor` from now on; answers which records, by kind and field.

    Part of a merge, whose own fact tells of it.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for field in _naming(kind):
        rows = _rows(field).filter(value=loser)
        if ids := list(rows.values_list("pk", flat=True)):
            _set(field, ids, survivor, at)
            found.setdefault(field.entity, {})[field.slug] = ids
    return found


@command
def follow_unmerge(
    kept: Mapping[str, Mapping[str, Sequence[int]]],
    survivor: int,
    loser: int,
    *,
    by: Actor,
    at: dt.datetime,
) -> int:
    """What the merge made name `survivor` names `loser` again; answers how much was changed since and stays."""
    stayed = 0
    for entity, by_slug in kept.items():
        for field in FieldDefinition.objects.filter(entity=entity, slug__in=list(by_slug)):
            wanted = by_slug[field.slug]
            ids = list(_rows(field).filter(pk__in=wanted, value=survivor).values_list("pk", flat=True))
            _set(field, ids, loser, at)
            stayed += len(wanted) - len(ids)
    return stayed


@command
def let_go(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Nothing names records any more that leave the database for good."""
    for field in _naming(kind):
        rows = _rows(field).filter(value__in=list(ids))
        gone = Func(F("custom"), template=f"(%(expressions)s - '{field.slug}')", output_field=JSONField())
        rows.update(custom=gone, version=F("version") + 1, updated_at=at)
    FieldDefinition.objects.filter(entity=kind, only_record__in=list(ids), retired_at=None).update(
        retired_at=at
    )


def _naming(kind: str) -> list[FieldDefinition]:
    """The fields that hold such records, those out of use as well."""
    return list(FieldDefinition.objects.filter(kind=kind).order_by("pk"))


def _rows(field: FieldDefinition) -> Any:
    rows: Any = apps.get_model(MODELS[Entity(field.entity)])._default_manager
    return rows.annotate(value=value_at(field))


def _set(field: FieldDefinition, ids: Sequence[int], number: int, at: dt.datetime) -> None:
    # The slug is checked when the field is made, and a number is only digits.
    template = f"jsonb_set(%(expressions)s, '{{{field.slug}}}', '{int(number)}')"
    changed = Func(F("custom"), template=template, output_field=JSONField())
    rows: Any = apps.get_model(MODELS[Entity(field.entity)])._default_manager
    rows.filter(pk__in=ids).update(custom=changed, version=F("version") + 1, updated_at=at)
