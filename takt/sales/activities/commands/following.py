"""Tasks and notes follow their company or person: into the recycle bin, back, out for good, into another record."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import F, Q

from takt.kernel.events.unit import command
from takt.kernel.files.commands import move_files, move_files_back
from takt.kernel.lib.actor import Actor
from takt.sales.activities.models import Note, Task

# What has no deal and nobody else left goes along with the customer; by its time it is told on the way back.
_BIN = """
UPDATE task SET deleted_at = %(at)s, version = version + 1, updated_at = %(at)s
WHERE {kind}_id = ANY(%(ids)s) AND deal_id IS NULL AND deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM {other} WHERE {other}.id = task.{other}_id AND {other}.deleted_at IS NULL)
"""
_RESTORE = """
UPDATE task SET deleted_at = NULL, version = task.version + 1, updated_at = %(at)s
FROM {kind} WHERE {kind}.id = task.{kind}_id AND {kind}.id = ANY(%(ids)s)
  AND task.deal_id IS NULL AND task.deleted_at = {kind}.deleted_at
"""


@command
def bin_tasks(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Tasks that belong to nothing but these customers go to the recycle bin with them."""
    _run(_BIN, kind, ids, at)


@command
def restore_tasks(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Tasks that went along come back; what had been removed before stays removed."""
    _run(_RESTORE, kind, ids, at)


def _run(statement: str, kind: str, ids: Sequence[int], at: dt.datetime) -> None:
    other = "contact" if kind == "company" else "company"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(kind=kind, other=other), {"ids": list(ids), "at": at})


@command
def let_go(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Tasks that also belong to a deal or to somebody else stay, without the customer that leaves."""
    other = "contact" if kind == "company" else "company"
    others = Q(deal__isnull=False) | Q(**{f"{other}__isnull": False})
    _change(Task.objects.filter(others, **{f"{kind}__in": ids}), kind, None, at)


@command
def move_to_survivor(
    kind: str, survivor: int, loser: int, *, by: Actor, at: dt.datetime
) -> Mapping[str, Any]:
    """All tasks, notes and files of the loser are the survivor's; answers which."""
    kept = {}
    for name, model in _MODELS.items():
        ids = list(model.objects.filter(**{kind: loser}).order_by("pk").values_list("pk", flat=True))
        _change(model.objects.filter(pk__in=ids), kind, survivor, at)
        kept[name] = ids
    kept["files.file"] = move_files(kind, loser, survivor, by=by, at=at)
    return kept


@command
def give_back(
    kind: str, survivor: int, loser: int, kept: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> int:
    """What the merge moved and is still the survivor's is the loser's again; answers how many stay."""
    stayed = 0
    for name, model in _MODELS.items():
        rows = model.objects.filter(pk__in=kept[name])
        stayed += rows.exclude(**{kind: survivor}).count()
        _change(rows.filter(**{kind: survivor}), kind, loser, at)
    move_files_back(kept.get("files.file", []), kind, loser, survivor, by=by, at=at)
    return stayed


_MODELS: dict[str, type[Task] | type[Note]] = {"activities.task": Task, "activities.note": Note}


def _change(rows: Any, kind: str, number: int | None, at: dt.datetime) -> None:
    rows.update(**{f"{kind}_id": number}, version=F("version") + 1, updated_at=at)
