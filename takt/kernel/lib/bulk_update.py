"""Many rows changed or removed at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from takt.kernel.lib.bulk import copy_rows


def update_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set `columns` of the rows named by their key, which comes first in each of `rows`."""
    passing = f"{table}_changes"
    names = sql.SQL(", ").join(map(sql.Identifier, ["id", *columns]))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WHERE false").format(
                sql.Identifier(passing), names, sql.Identifier(table)
            )
        )
        copy_rows(passing, ["id", *columns], rows)
        cursor.execute(
            sql.SQL("UPDATE {} AS kept SET {} FROM {} AS given WHERE kept.id = given.id").format(
                sql.Identifier(table),
                sql.SQL(", ").join(
                    sql.SQL("{} = given.{}").format(sql.Identifier(c), sql.Identifier(c)) for c in columns
                ),
                sql.Identifier(passing),
            )
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(passing)))


def delete_rows(table: str, ids: Sequence[int], column: str = "id") -> int:
    """Remove rows for good; nothing follows by itself, so what hangs on them goes first."""
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [list(ids)],
        )
        return int(cursor.rowcount)
