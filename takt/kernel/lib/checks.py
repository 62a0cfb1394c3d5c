"""What `doctor` verifies: each room declares its invariants in `participants.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Check:
    """An invariant over the whole database; `find` answers one line per violation, at most a hundred."""

    name: str
    meaning: str
    find: Callable[[], list[str]]


checks: list[Check] = []


def declare_sql(name: str, meaning: str, sql: str) -> None:
    """An invariant whose violations are the rows of a query (shown as text)."""

    def find() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) violation LIMIT 100")
            columns = [c.name for c in cursor.description or []]
            return [_line(columns, row) for row in cursor.fetchall()]

    checks.append(Check(name, meaning, find))


def _line(columns: list[str], row: tuple[Any, ...]) -> str:
    return ", ".join(f"{c}={v}" for c, v in zip(columns, row, strict=True))
