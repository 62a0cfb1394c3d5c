"""What stands in the places of a table, and what an export writes instead."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from markupsafe import Markup

from takt.kernel.lists.own import OwnCells
from takt.kernel.lists.spec import Column
from takt.kernel.ui import formats

type Cells = Callable[[Any], Mapping[str, Any]]


class Cell(NamedTuple):
    """What stands in one place of the table; `value` is what an export writes instead of `text`.

    `tone` is late, warn, good, accent, muted or strong; `initials` draws an avatar, `sub` a quiet second text.
    """

    text: str = ""
    url: str = ""
    icon: str = ""
    tone: str = ""
    sub: str = ""
    initials: str = ""
    value: Any = None


@dataclass(frozen=True)
class Show:
    """How a column is shown: `make(row)` gives its Cell or text from the fields that it `needs`."""

    needs: tuple[str, ...]
    make: Callable[[Any], Any]


class Line(NamedTuple):
    """One row of the table: each cell after its attributes."""

    id: int
    select: str  # what its check box is called
    cells: tuple[tuple[str, Cell], ...]


def cells_for(shows: Mapping[str, Show], shown: list[Column]) -> tuple[list[str], Cells]:
    """The fields that these columns need, and the cells made from them."""
    made = {c.name: shows[c.name] for c in shown if c.name in shows}
    fields = [f for c in shown for f in _needs(c, made)]
    makers = [(name, show.make) for name, show in made.items()]
    return list(dict.fromkeys(fields)), lambda row: {name: make(row) for name, make in makers}


def _needs(column: Column, made: Mapping[str, Show]) -> tuple[str, ...]:
    if column.field is not None:
        return ()
    return made[column.name].needs if column.name in made else (column.path,)


def with_own(cells: Cells, own: OwnCells) -> Cells:
    def both(row: Any) -> dict[str, Any]:
        held = {
            name: Cell(s.text, s.url, tone="muted" if s.is_hidden else "", value=s.value)
            for name, s in own.of(row).items()
        }
        return {**cells(row), **held}

    return both


_TONES = {
    "late": "t-late fw-5", "warn": "t-warn fw-5", "good": "t-good", "accent": "t-accent", "muted": "t-2",
    "strong": "fw-5",
}  # fmt: skip


def line_of(row: Any, shown: list[Column], looks: list[tuple[str, bool]], cells: Cells, select: str) -> Line:
    given = cells(row)
    found = [_cell(row, column, given) for column in shown]
    label = next((c.text for c in found if c.text), str(row.id))
    placed = [
        (_attributes(mark, is_number, c.tone), c) for (mark, is_number), c in zip(looks, found, strict=True)
    ]
    return Line(row.id, select % {"name": label}, tuple(placed))


@cache
def _attributes(mark: str, is_number: bool, tone: str) -> Markup:
    """The attributes of a cell; there are few kinds, and names of columns hold nothing to escape."""
    css = " ".join(part for part in ("num end" if is_number else "", _TONES.get(tone, "")) if part)
    return Markup(f' class="{css}"{mark}' if css else mark)


def _cell(row: Any, column: Column, given: Mapping[str, Any]) -> Cell:
    cell = given.get(column.name)
    if isinstance(cell, Cell):
        return cell
    if cell is not None:
        return Cell(cell)
    return Cell(plain(getattr(row, column.path, None)))


def plain(value: Any) -> str:
    """A value in the reader's form, by its type."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case int() | Decimal() | float():
            return formats.number(value)
        case dt.datetime():
            return formats.datetime_(value)
        case dt.date():
            return formats.date_short(value)
        case list():
            return ", ".join(str(v) for v in value)
    return str(value)


def exported(row: Any, column: Column, given: Mapping[str, Any]) -> Any:
    cell = given.get(column.name)
    if isinstance(cell, Cell) and cell.value is not None:
        return cell.value
    raw = getattr(row, column.path, None)
    if column.kind not in {"ref", "choice"} and hasattr(row, column.path):
        return timezone.localtime(raw) if isinstance(raw, dt.datetime) and timezone.is_aware(raw) else raw
    if cell is not None:
        return cell.text if isinstance(cell, Cell) else str(cell)
    return raw
