"""Reading workbooks (XLSX, XLS) as text: what a cell shows, not what it stores."""

from __future__ import annotations

import datetime
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import python_calamine as calamine

from .errors import Unreadable
from .guard import unguarded
from .limits import (
    CELL_CHARS,
    COLUMNS,
    MEGABYTE,
    ROW_CHARS,
    SUSPECT_RATIO,
    SUSPECT_UNPACKED_BYTES,
    UNPACKED_BYTES,
    ZIP_ENTRIES,
)

Cells = list[str | None]
# A cell beyond column 512 (SR). calamine fills the whole rectangle up to the farthest cell, so it's sought first.
FAR_CELL = re.compile(rb'<c r="(?:[A-Z]{3,}|[T-Z][A-Z]|S[S-Z])([0-9]+)"')
TITLE_ROWS = 10


class Workbook:
    """A workbook, opened at one sheet."""

    def __init__(self, path: Path, kind: str, sheet: str | None = None) -> None:
        self.kind = kind
        if kind == "xlsx":
            check_archive(path)
        try:
            self.book = calamine.CalamineWorkbook.from_path(path)
            self.sheets = [
                meta.name
                for meta in self.book.sheets_metadata
                if meta.typ == calamine.SheetTypeEnum.WorkSheet
                and meta.visible == calamine.SheetVisibleEnum.Visible
            ]
            self.sheet, self.page = self.choose(sheet)
        except calamine.PasswordError as error:
            raise Unreadable("password") from error
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise Unreadable("damaged") from error
        self.whole = True
        self.title_line: int | None = None

    def choose(self, wanted: str | None) -> tuple[str, calamine.CalamineSheet]:
        """The wanted sheet, else the first visible one that holds anything."""
        if wanted is not None:
            if wanted not in self.book.sheet_names:
                raise Unreadable("unknown_sheet", sheet=wanted[:80])
            return wanted, self.checked(wanted)
        for name in self.sheets:
            page = self.checked(name)
            if page.height:
                return name, page
        raise Unreadable("empty" if self.sheets else "no_sheets")

    def checked(self, name: str) -> calamine.CalamineSheet:
        page = self.book.get_sheet_by_name(name)
        if page.width > COLUMNS:
            raise Unreadable("too_many_columns", limit=COLUMNS, line=(page.start or (0, 0))[0] + 1)
        return page

    def records(self) -> Iterator[tuple[int, Cells, bool]]:
        """(row number, cells, False), blank rows and a title above the table left out."""
        held: list[tuple[int, Cells, bool]] = []
        settled = False
        for number, values in enumerate(self.page.iter_rows(), start=1):
            cells = [shown(value) for value in values]
            if not any(cell is not None for cell in cells):
                continue
            length = 0
            for cell in cells:
                if cell is not None:
                    length += len(cell)
                    if len(cell) > CELL_CHARS:
                        raise Unreadable("cell_too_long", limit=CELL_CHARS, line=number)
            if length > ROW_CHARS:
                raise Unreadable("row_too_long", limit=ROW_CHARS, line=number)
            if settled:
                yield number, cells, False
                continue
            held.append((number, cells, False))
            filled = sum(cell is not None for cell in cells)
            if filled >= 3 or len(held) > TITLE_ROWS:
                settled = True
                yield from self.without_title(held, filled >= 3)
        if not settled:
            yield from held

    def without_title(
        self, held: list[tuple[int, Cells, bool]], is_table: bool
    ) -> list[tuple[int, Cells, bool]]:
        """Rows of one or two cells above the first row of three or more are a title, if the first has only one."""
        alone = sum(cell is not None for cell in held[0][1]) == 1
        if is_table and alone and len(held) > 1:
            self.title_line = held[-1][0]
            return held[-1:]
        return held

    def describe(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "encoding": None,
            "encoding_candidates": [],
            "delimiter": None,
            "sheets": self.sheets,
            "sheet": self.sheet,
        }


def check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to far too much, or a sheet with cells far to the right, before opening it."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            packed = sum(entry.compress_size for entry in entries) or 1
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > ZIP_ENTRIES or unpacked > UNPACKED_BYTES:
                raise Unreadable("bomb")
            for entry in entries:
                if (
                    entry.file_size > SUSPECT_UNPACKED_BYTES
                    and entry.file_size > SUSPECT_RATIO * entry.compress_size
                ):
                    raise Unreadable("bomb")
            if unpacked > SUSPECT_UNPACKED_BYTES and unpacked > SUSPECT_RATIO * packed:
                raise Unreadable("bomb")
            for entry in entries:
                if entry.filename.lower().startswith("xl/worksheets/sheet"):
                    check_width(archive, entry)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise Unreadable("damaged") from error
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise Unreadable("password") from error


def check_width(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as file:
        tail = b""
        while chunk := file.read(MEGABYTE):
            far = FAR_CELL.search(tail + chunk)
            if far:
                raise Unreadable("too_many_columns", limit=COLUMNS, line=int(far.group(1)[:9]))
            tail = chunk[-32:]


def shown(value: Any) -> str | None:
    """A cell as text: ISO dates, whole numbers without .0, text as it is; None for blank."""
    if isinstance(value, str):
        if not value.strip():
            return None
        return unguarded(value.replace("\0", "") if "\0" in value else value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return value.date().isoformat()
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value)


def number_text(value: float) -> str | None:
    """A number with the fifteen digits a spreadsheet shows, never in scientific form."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not math.isfinite(value):
        return None
    return format(Decimal(format(value, ".15g")), "f")
