"""An index of its own for every field in use, made and dropped while people work (decision 0009)."""

from django.db import connection

from takt.kernel.fields.models import FieldDefinition
from takt.kernel.fields.paths import index_sql, statistics_sql


def bring_into_line(pk: int) -> None:
    """Make the field's indexes, or drop them where it is retired; not inside a transaction."""
    definition = FieldDefinition.objects.filter(pk=pk).first()
    if definition is None:
        return
    wanted = index_sql(definition)
    is_used = definition.is_active and definition.only_record is None
    table = connection.ops.quote_name(definition.entity)
    with connection.cursor() as cursor:
        for name, how in wanted.items():
            state = _state(cursor, name)
            if state is not None and not (is_used and state):
                # Not wanted any more, or left invalid by a build that was killed.
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {connection.ops.quote_name(name)}")
                state = None
            if is_used and state is None:
                cursor.execute(
                    f"CREATE INDEX CONCURRENTLY {connection.ops.quote_name(name)} ON {table} {how}"
                )
        # Only with statistics on its expression does the planner know how rare a value is.
        spread = connection.ops.quote_name(f"cf_{definition.pk}_spread")
        if not is_used:
            cursor.execute(f"DROP STATISTICS IF EXISTS {spread}")
        else:
            expression = statistics_sql(definition)
            cursor.execute(f"CREATE STATISTICS IF NOT EXISTS {spread} ON ({expression}) FROM {table}")
            cursor.execute(f"ANALYZE {table}")


def _state(cursor: object, name: str) -> bool | None:
    """Whether the index is whole; None where there is none."""
    sql = "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = %s"
    cursor.execute(sql, [name])  # type: ignore[attr-defined]
    row = cursor.fetchone()  # type: ignore[attr-defined]
    return None if row is None else bool(row[0])
