"""A list as a file, streamed row by row; no cell of it can act as a formula in a spreadsheet."""

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation

CHUNK_ROWS = 500
SHEET_ROWS = 1_048_576
CELL_CHARS = 32_767
EXACT_DIGITS = 15
EARLIEST = dt.date(1900, 3, 1)  # before it spreadsheets count a day that never was
FORMATS = {"money": "#,##0.00", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
# Digits and their marks only: such a cell can't call anything, and a phone or an amount stays as it is.
_HARMLESS = re.compile(r"[+-][0-9][0-9 ()./,\u00a0\u202f-]*%?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def file_of(
    kind: str, name: str, header: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """The answer that brings the file: `csv` as it is read, `xlsx` from a temporary file."""
    if kind == "csv":
        answer = StreamingHttpResponse(
            _for_the_reader(csv_chunks(header, rows)), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    book = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    write_book(book, header, kinds, rows)
    book.seek(0)
    return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx")


def _for_the_reader(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces in the reader's language and zone, which end with the request, before its answer is read."""
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def next_one() -> bytes:
        with translation.override(language), timezone.override(zone):
            return next(chunks, b"")

    return iter(next_one, b"")


def guarded(text: str) -> str:
    """A text that a spreadsheet would run gets a leading tab, which the import takes off again."""
    if text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text):
        return "\t" + text
    return text


def csv_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case int() | float():
            return str(value)
        case dt.datetime() | dt.date():
            return value.isoformat()
        case list() | tuple():
            return guarded(", ".join(str(v) for v in value).replace("\x00", ""))
    return guarded(str(value).replace("\x00", ""))


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The table in pieces of a few hundred rows."""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    sparing, quoting = csv.writer(text), csv.writer(text, quoting=csv.QUOTE_ALL)
    for number, row in enumerate(_with(header, rows), start=1):
        cells = [csv_text(value) for value in row]
        # The guarding tab survives a spreadsheet only inside quotes.
        (quoting if any(c.startswith("\t") for c in cells) else sparing).writerow(cells)
        if number % CHUNK_ROWS == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def _with(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield header
    yield from rows


def write_book(book: Any, header: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A workbook in flat memory; what does not fit one sheet goes on in the next."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(book, options) as out:
        bold = out.add_format({"bold": True, "bottom": 1})
        formats = {kind: out.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        sheet = _sheet(out, header, bold)
        line = 1
        for row in rows:
            if line >= SHEET_ROWS:
                sheet, line = _sheet(out, header, bold), 1
            for place, (value, kind) in enumerate(zip(row, kinds, strict=True)):
                _write(sheet, line, place, value, formats.get(kind))
            line += 1


def _sheet(book: Any, header: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(header):
        sheet.set_column(place, place, max(14, min(len(str(name)) + 2, 40)))
        sheet.write_string(0, place, str(name), bold)
    return sheet


def _write(sheet: Any, line: int, place: int, value: Any, look: Any) -> None:
    if value is None or value == "" or value == []:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float | Decimal) and _is_exact(value):
        sheet.write_number(line, place, value, look)
    elif (
        isinstance(value, dt.datetime)
        and value.date() >= EARLIEST
        or isinstance(value, dt.date)
        and not isinstance(value, dt.datetime)
        and value >= EARLIEST
    ):
        sheet.write_datetime(line, place, value, look)
    else:
        # A typed text cell never runs, so it needs no guard.
        text = value.replace("\x00", "") if isinstance(value, str) else csv_text(value)
        sheet.write_string(line, place, text[:CELL_CHARS])


def _is_exact(value: float | Decimal) -> bool:
    """A spreadsheet keeps fifteen digits; a longer number stays whole as text."""
    number = Decimal(value)
    return number.is_finite() and len(number.normalize().as_tuple().digits) <= EXACT_DIGITS
