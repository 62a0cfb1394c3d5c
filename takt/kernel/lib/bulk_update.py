"""Many rows changed or removed at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
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


def remove_rows(model: type[models.Model], ids: Sequence[int]) -> None:
    """Remove rows for good with all that hangs on them, as their foreign keys say, table by table.

    A reference that protects its row stays, and the database refuses the removal at the end of the transaction.
    """
    if not ids:
        return
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    for relation in relations:
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        child, field = relation.related_model, relation.field
        rows = child._base_manager.filter(**{f"{field.attname}__in": ids})
        if relation.on_delete is models.CASCADE:
            remove_rows(child, list(rows.order_by().values_list("pk", flat=True)))
        elif relation.on_delete is models.SET_NULL:
            rows.update(**{field.attname: None})
    delete_rows(model._meta.db_table, ids)
