"""What an act on many records changed, row by row, and the way back to exactly that state."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

# One record's image: by table and key, the changed columns as [before, after], or None for a row that is new.
type Image = dict[str, dict[str, dict[str, list[Any]] | None]]
type Rows = dict[str, dict[int, tuple[int, dict[str, Any]]]]

NEVER_BACK = {"version", "updated_at"}


@dataclass(frozen=True)
class Part:
    """A table of which rows belong to a record: by which column, and which of them an act can change."""

    table: str
    link: str = "id"
    where: str = "true"


class Picture:
    """The rows of records as they are now; `changes` tells later what became of them.

    An act may change rows and add some; it removes none.
    """

    def __init__(self, parts: Sequence[Part], ids: Iterable[int]) -> None:
        self.parts, self.ids = parts, list(ids)
        self.before = _taken(parts, self.ids, {})

    def changes(self) -> dict[int, Image]:
        known = {table: list(rows) for table, rows in self.before.items()}
        after = _taken(self.parts, self.ids, known)
        found: dict[int, Image] = {}
        for table, rows in after.items():
            for key, (record, row) in rows.items():
                old = self.before[table].get(key)
                if old is None:
                    changed = None
                else:
                    changed = {c: [old[1][c], value] for c, value in row.items() if old[1][c] != value}
                    if not changed:
                        continue
                found.setdefault(record, {}).setdefault(table, {})[str(key)] = changed
        return found


def _taken(parts: Sequence[Part], ids: list[int], known: Mapping[str, list[int]]) -> Rows:
    """The rows of the records, and those already known, which may have left the part's condition."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for part in parts:
            statement = sql.SQL(
                "SELECT t.id, t.{link}, to_jsonb(t)::text FROM {table} t WHERE t.{link} = ANY(%s) AND ({where} OR t.id = ANY(%s))"
            ).format(
                link=sql.Identifier(part.link), table=sql.Identifier(part.table), where=sql.SQL(part.where)
            )
            cursor.execute(statement, [ids, known.get(part.table, [])])
            found[part.table] = {
                # Figures stay texts: a float would lose digits.
                pk: (record, json.loads(row, parse_float=str))
                for pk, record, row in cursor.fetchall()
            }
    return found


def untouched(images: Mapping[int, Image]) -> set[int]:
    """The records of which nobody has changed a row since: each still has the version that the act left."""
    stale: set[int] = set()
    for table, rows in _by_table(images).items():
        versions = {
            int(key): (record, changed["version"][1])
            for record, key, changed in rows
            if changed is not None and "version" in changed
        }
        if not versions:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT id, version FROM {} WHERE id = ANY(%s) ORDER BY id FOR UPDATE").format(
                    sql.Identifier(table)
                ),
                [sorted(versions)],
            )
            now = dict(cursor.fetchall())
        stale |= {record for key, (record, version) in versions.items() if now.get(key) != version}
    return set(images) - stale


def restore(images: Mapping[int, Image], at: Any) -> None:
    """Give the rows back what they held. A column that was changed once more since keeps what it has."""
    tables = _by_table(images)
    for table, rows in tables.items():
        if new := [int(key) for _record, key, changed in rows if changed is None]:
            _run(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(sql.Identifier(table)), [new])
    for table, rows in tables.items():
        alike: dict[tuple[str, ...], list[tuple[str, dict[str, list[Any]]]]] = {}
        for _record, key, changed in rows:
            if changed is not None:
                columns = tuple(sorted(set(changed) - NEVER_BACK))
                alike.setdefault(columns, []).append((key, changed))
        for columns, some in alike.items():
            _put(table, columns, some, at)


def _put(table: str, columns: Sequence[str], rows: list[tuple[str, dict[str, list[Any]]]], at: Any) -> None:
    sets: list[sql.Composable] = [
        sql.SQL("{c} = CASE WHEN t.{c} IS NOT DISTINCT FROM a.{c} THEN b.{c} ELSE t.{c} END").format(
            c=sql.Identifier(c)
        )
        for c in columns
    ]
    given: list[Any] = []
    if any("version" in changed for _key, changed in rows):
        sets += [sql.SQL("version = t.version + 1"), sql.SQL("updated_at = %s")]
        given.append(at)
    if not sets:
        return
    was, left = (
        json.dumps([{"id": int(key)} | {c: changed[c][side] for c in columns} for key, changed in rows])
        for side in (0, 1)
    )
    statement = sql.SQL(
        "UPDATE {t} AS t SET {sets} FROM jsonb_populate_recordset(NULL::{t}, %s::jsonb) b,"
        " jsonb_populate_recordset(NULL::{t}, %s::jsonb) a WHERE t.id = b.id AND a.id = b.id"
    ).format(t=sql.Identifier(table), sets=sql.SQL(", ").join(sets))
    _run(statement, [*given, was, left])


def _run(statement: sql.Composed, given: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _by_table(
    images: Mapping[int, Image],
) -> dict[str, list[tuple[int, str, dict[str, list[Any]] | None]]]:
    found: dict[str, list[tuple[int, str, dict[str, list[Any]] | None]]] = {}
    for record, image in images.items():
        for table, rows in image.items():
            found.setdefault(table, []).extend((record, key, changed) for key, changed in rows.items())
    return found
