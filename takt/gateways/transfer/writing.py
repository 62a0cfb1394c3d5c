"""Tables for other programs: CSV and XLSX, streamed, in which no cell can act as a formula."""

from __future__ import annotations

import csv
import datetime
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any, Literal, cast

from .reading.guard import guarded, unguarded

Kind = Literal["text", "number", "integer", "money", "percent", "date", "datetime", "bool"]

SHEET_ROWS = 1_048_576
XLSX_CELL_CHARS = 32_767
EXACT_DIGITS = 15
CHUNK_ROWS = 500
EARLIEST = datetime.date(1900, 3, 1)  # before it spreadsheets count a day that never was
FORMATS: dict[str, str] = {
    "number": "General",
    "integer": "0",
    "money": "#,##0.00",
    "percent": '0.##"%"',
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
}
WIDTHS = {"text": 24, "date": 12, "datetime": 20, "bool": 8}


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> Iterator[bytes]:
    """The CSV in pieces of a few hundred rows, for a streamed answer."""
    text = io.StringIO(newline="")
    sparing = csv.writer(text, delimiter=delimiter)
    # The guarding tab survives a spreadsheet only inside quotes.
    quoting = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    text.write("\ufeff")
    waiting = 0
    for row in with_header(header, rows):
        cells = [csv_text(value) for value in row]
        (quoting if any(cell.startswith("\t") for cell in cells) else sparing).writerow(cells)
        waiting += 1
        if waiting >= CHUNK_ROWS:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
            waiting = 0
    if waiting:
        yield text.getvalue().encode("utf-8", "replace")


def with_header(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield header
    yield from rows


def write_csv(
    fileobj: IO[bytes] | IO[str],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    delimiter: str = ",",
) -> int:
    """Writes UTF-8 with a byte order mark to a binary (or text) file; gives the number of rows written.

    Text that a spreadsheet would run as a formula gets a leading tab, which reading takes off again; phones and
    numbers stay as they are.
    """
    count = 0

    def counted() -> Iterator[Sequence[Any]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    for chunk in csv_chunks(header, counted(), delimiter):
        if isinstance(fileobj, io.TextIOBase):
            fileobj.write(chunk.decode())
        else:
            cast(IO[bytes], fileobj).write(chunk)
    return count


def csv_text(value: Any) -> str:
    """One cell; a text that already begins like a guarded one is guarded again, so that reading gives it back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat() if value.tzinfo else value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return guarded(str(value).replace("\0", ""))


def write_xlsx(
    path: str | os.PathLike[str],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    kinds: Sequence[str],
) -> int:
    """Writes a workbook row by row in flat memory; gives the number of rows written.

    `kinds` names what each column holds (text, number, integer, money, percent, date, datetime, bool). Text is
    always a typed text cell, never a formula or a link; give aware datetimes in the reader's time zone.
    More rows than a sheet holds go on in a second one.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(
        os.fspath(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "remove_timezone": True,
        },
    )
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
    count = 0
    sheet: Any = None
    line = SHEET_ROWS
    try:
        for row in rows:
            if line >= SHEET_ROWS:
                sheet = new_sheet(book, header, kinds, bold)
                line = 1
            for column, value in enumerate(row):
                write_cell(sheet, line, column, value, kinds[column], formats)
            line += 1
            count += 1
        if sheet is None:
            new_sheet(book, header, kinds, bold)
    finally:
        book.close()
    return count


def new_sheet(book: Any, header: Sequence[str], kinds: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, (name, kind) in enumerate(zip(header, kinds, strict=True)):
        sheet.set_column(column, column, max(WIDTHS.get(kind, 14), min(len(str(name)) + 2, 40)))
    for column, name in enumerate(header):
        sheet.write_string(0, column, str(name), bold)
    return sheet


def write_cell(sheet: Any, line: int, column: int, value: Any, kind: str, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, int | float | Decimal) and kind != "text" and fits_a_number(value):
        sheet.write_number(line, column, value, formats.get(kind) or formats["number"])
    elif isinstance(value, datetime.datetime) and value.date() >= EARLIEST:
        sheet.write_datetime(line, column, value, formats["datetime"])
    elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime) and value >= EARLIEST:
        sheet.write_datetime(line, column, value, formats["date"])
    else:
        sheet.write_string(line, column, xlsx_text(value))


def fits_a_number(value: float | Decimal) -> bool:
    """A spreadsheet keeps fifteen digits; longer numbers stay whole as text."""
    if isinstance(value, float):
        return value - value == 0
    number = Decimal(value)
    return number.is_finite() and len(number.normalize().as_tuple().digits) <= EXACT_DIGITS


def xlsx_text(value: Any) -> str:
    text = value.replace("\0", "") if isinstance(value, str) else csv_text(value)
    if unguarded(text) != text:  # reading takes one tab off; so it must find one more
        text = "\t" + text
    return text[:XLSX_CELL_CHARS]
