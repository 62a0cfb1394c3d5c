"""Pages of an ordered list by the last row seen, so that page 1,000 costs what page 1 costs."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists.conditions import field_of, is_nullable

LARGEST_ID = 2**63 - 1
_SORTED = "list_order"


@dataclass(frozen=True)
class Order:
    path: str
    is_descending: bool
    nullable: bool
    word: str  # as it stands in the URL; a cursor is good for it alone


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_cursor: str | None


@dataclass(frozen=True)
class _Cursor:
    value: Any
    id: int


def page(
    rows: QuerySet[Any], order: Order, *, after: str, limit: int, fields: Iterable[str] | None = None
) -> Page:
    """The rows after the cursor, empty values last, ties by id in the same direction.

    Rows without a value are a query of their own, asked only when the others ran out: so a plain index
    serves both directions, where NULLS LAST against the index's order would sort the whole table.
    """
    cursor = _read(after, order, rows) if after else None
    read = _reader(rows, order, fields)
    has_empty = order.path != "id" and (order.nullable or is_nullable(rows, order.path))
    found: list[Any] = []
    if cursor is None or cursor.value is not None:
        valued = rows.filter(**{f"{order.path}__isnull": False}) if has_empty else rows
        found = read(_after(valued, order, cursor), limit + 1)
    if has_empty and len(found) <= limit:
        empty = rows.filter(**{f"{order.path}__isnull": True})
        if cursor is not None and cursor.value is None:
            empty = empty.filter(**{_past(order): cursor.id})
        found += read(empty.order_by("-id" if order.is_descending else "id"), limit + 1 - len(found))
    if len(found) <= limit:
        return Page(found, None)
    found = found[:limit]
    return Page(found, _write(order, _value(found[-1], order, fields), found[-1].id))


def cursor_after(row: Any, order: Order) -> str:
    """The place after a row that was read in this order elsewhere, such as the last card of a column."""
    return _write(order, getattr(row, order.path), row.id)


def _past(order: Order) -> str:
    return "id__lt" if order.is_descending else "id__gt"


def _after(rows: QuerySet[Any], order: Order, cursor: _Cursor | None) -> QuerySet[Any]:
    sign, side = ("-", "lt") if order.is_descending else ("", "gt")
    if order.path == "id":
        rows = rows if cursor is None else rows.filter(**{f"id__{side}": cursor.id})
        return rows.order_by(f"{sign}id")
    if cursor is not None:
        # The first half alone is what an index can start from.
        further = Q(**{f"{order.path}__{side}": cursor.value})
        tied = Q(**{order.path: cursor.value, f"id__{side}": cursor.id})
        rows = rows.filter(Q(**{f"{order.path}__{side}e": cursor.value}) & (further | tied))
    return rows.order_by(f"{sign}{order.path}", f"{sign}id")


def _reader(rows: QuerySet[Any], order: Order, fields: Iterable[str] | None) -> Any:
    if fields is None:

        def whole(found: QuerySet[Any], limit: int) -> list[Any]:
            return list(found.annotate(**{_SORTED: F(order.path)})[:limit])

        return whole
    names = list(dict.fromkeys([*fields, "id", order.path]))

    def named(found: QuerySet[Any], limit: int) -> list[Any]:
        return list(found.values_list(*names, named=True)[:limit])

    return named


def _value(row: Any, order: Order, fields: Iterable[str] | None) -> Any:
    return getattr(row, _SORTED if fields is None else order.path)


def _write(order: Order, value: Any, number: int) -> str:
    if isinstance(value, dt.date | dt.datetime):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = str(value)
    text = json.dumps([order.word, value, number], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parts(text: str) -> list[Any] | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and len(found) == 3 else None


def is_cursor(text: str, order: Order) -> bool:
    """Whether this is a place in a list of this very order."""
    found = _parts(text)
    if found is None or found[0] != order.word:
        return False
    number = found[2]
    return type(number) is int and 0 < number <= LARGEST_ID


def _read(text: str, order: Order, rows: QuerySet[Any]) -> _Cursor:
    found = _parts(text)
    if found is None or not is_cursor(text, order):
        raise _unreadable()
    value = found[1]
    if value is not None and order.path != "id":
        field = field_of(rows, order.path)
        target = getattr(field, "target_field", field)
        try:
            if isinstance(value, dict | list) or target is None:
                raise ValueError
            value = target.to_python(value)
            _storable(value)
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            raise _unreadable() from None
    return _Cursor(value, found[2])


def _storable(value: Any) -> None:
    """A value that the database can compare with, whoever wrote the cursor."""
    match value:
        case bool():
            return
        case str() if len(value) <= 1000 and "\x00" not in value:
            value.encode()
        case int() if abs(value) <= LARGEST_ID:
            return
        case Decimal() if value.is_finite() and value.adjusted() < 40 and len(value.as_tuple().digits) < 60:
            return
        case dt.datetime() if value.tzinfo is not None and 1 < value.year < 9999:
            return
        case dt.date() if not isinstance(value, dt.datetime) and 1 <= value.year <= 9999:
            return
        case float() if value == value and abs(value) < 1e300:
            return
        case _:
            raise ValueError


def _unreadable() -> Invalid:
    return Invalid.field(
        "cursor", _("The value of “%(name)s” can't be read.") % {"name": "cursor"}, "unreadable"
    )
