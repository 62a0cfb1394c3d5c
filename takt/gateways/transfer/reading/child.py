"""The process that opens a stranger's file, locked down, and speaks frames of JSON on its output.

    python -m takt.gateways.transfer.reading.child '{"act": "detect" | "rows", "path": …}'

A frame is four bytes of length, then JSON: {"found"}, {"rows", "remarks"}, {"unreadable"} or {"end"}.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from itertools import chain, islice
from pathlib import Path
from typing import Any

from . import limits
from .errors import Unreadable
from .found import column_names

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_TABLES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"{\\rtf",
    b"PK\x05\x06",
)
PAGES = (
    b"<!doctype",
    b"<html",
    b"<table",
    b"<?xml",
    b"<meta",
    b"<head",
    b"<script",
    b"<style",
    b"mime-version:",
)


PROBED_ROWS = 2_000


def send(frame: dict[str, Any]) -> None:
    body = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    out = sys.stdout.buffer
    out.write(struct.pack(">I", len(body)))
    out.write(body)
    out.flush()


def kind_of(path: Path) -> str:
    """csv, xlsx or xls, by content and never by name."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise Unreadable("empty")
    if start.startswith(ZIP):
        return "xlsx" if is_workbook(path) else refuse("not_a_table")
    if start.startswith(OLE):
        return "xls"
    if start.startswith(NOT_TABLES):
        raise Unreadable("not_a_table")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGES):
        raise Unreadable("web_page")
    return "csv"


def refuse(code: str) -> str:
    raise Unreadable(code)


def is_workbook(path: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook") for name in archive.namelist()[: limits.ZIP_ENTRIES])
    except (
        zipfile.BadZipFile,
        OSError,
        ValueError,
        NotImplementedError,
        EOFError,
    ) as error:
        raise Unreadable("damaged") from error


def opened(wish: dict[str, Any], path: Path) -> Any:
    kind = kind_of(path)
    if kind == "csv":
        from .delimited import Table

        return Table(path, wish.get("encoding"), wish.get("delimiter"))
    from .sheets import Workbook

    return Workbook(path, kind, wish.get("sheet"))


def fitted(cells: list[str | None], width: int) -> tuple[list[str | None], str | None]:
    """The cells of one line made as wide as the header, and what had to be done for it."""
    if len(cells) == width:
        return cells, None
    if len(cells) < width:
        return cells + [None] * (width - len(cells)), "padded"
    lost = any(cell is not None for cell in cells[width:])
    return cells[:width], "trimmed" if lost else None


def header_of(first: list[str | None]) -> list[str | None]:
    """The header without the blank cells a trailing delimiter leaves; inner blanks stay."""
    cells = list(first)
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def widened(first: list[str | None], sample: list[tuple[int, list[str | None], bool]]) -> list[str | None]:
    """Blank header cells at the end stay only where a column below them holds something."""
    header = header_of(first)
    used = max((len(header_of(cells)) for _, cells, _ in sample), default=0)
    return header + [None] * (min(used, len(first)) - len(header))


def look(
    table: Any,
) -> tuple[list[str | None], list[tuple[int, list[str | None], bool]], Any]:
    """Header, the first rows, and the iterator that has the rest; the same for detecting and for reading."""
    records = table.records()
    first = next(records, None)
    if first is None:
        raise Unreadable("empty")
    sample = []
    for record in records:
        sample.append(record)
        if len(sample) >= limits.SAMPLE_ROWS:
            break
    return widened(first[1], sample), sample, records


def detect(wish: dict[str, Any], path: Path) -> None:
    table = opened(wish, path)
    header, sample, rest = look(table)
    width = len(header)
    remarks: list[tuple[str, int]] = []
    if table.title_line:
        remarks.append(("title_skipped", table.title_line))
    rows = []
    for line, cells, replaced in sample:
        cells, code = fitted(cells, width)
        if code:
            remarks.append((code, line))
        if replaced:
            remarks.append(("replaced", line))
        rows.append([cell and cell[: limits.SAMPLE_CELL_CHARS] for cell in cells])
    found = table.describe()
    found |= {
        "header": column_names(header),
        "sample_rows": rows,
        "remarks": remarks,
        "estimated_rows": estimated(table, len(sample), rest),
    }
    send({"found": found})


def estimated(table: Any, sampled: int, rest: Any) -> int:
    """Exact for workbooks and for short texts, else by counting line ends."""
    if table.whole:
        return sampled + sum(1 for _ in rest)
    ends: int = table.line_ends()
    probed = [line for line, _, _ in islice(rest, PROBED_ROWS)]
    seen, last = sampled + len(probed), probed[-1] if probed else sampled + 1
    return max(round((ends - 1) * seen / max(last - 1, 1)), seen)


def rows(wish: dict[str, Any], path: Path) -> None:
    table = opened(wish, path)
    header, sample, rest = look(table)
    width = len(header)
    skip = int(wish.get("start") or 0)
    batch: list[tuple[int, list[str | None]]] = []
    remarks: list[tuple[str, int]] = []
    chars = 0
    for number, (line, cells, replaced) in enumerate(chain(sample, rest)):
        if number < skip:
            continue
        cells, code = fitted(cells, width)
        if code:
            remarks.append((code, line))
        if replaced:
            remarks.append(("replaced", line))
        batch.append((line, cells))
        chars += sum(map(len, filter(None, cells))) + width
        if len(batch) >= limits.BATCH_ROWS or chars >= limits.BATCH_CHARS:
            send({"rows": batch, "remarks": remarks})
            batch, remarks, chars = [], [], 0
    if batch:
        send({"rows": batch, "remarks": remarks})


def main(argument: str) -> None:
    wish = json.loads(argument)
    path = Path(wish["path"])
    try:
        size = path.stat().st_size
        if size > limits.FILE_BYTES:
            raise Unreadable("too_large_file", limit=limits.FILE_BYTES // limits.MEGABYTE)
        limits.lock_down(size)
        (rows if wish["act"] == "rows" else detect)(wish, path)
        send({"end": True})
    except Unreadable as refusal:
        send({"unreadable": [refusal.code, refusal.params]})
    except MemoryError:
        send({"unreadable": ["too_big", {}]})
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        send({"unreadable": ["missing", {}]})
    except BrokenPipeError:  # the reader went away
        os._exit(0)
    except BaseException:  # a panic of the workbook library comes as BaseException
        send({"unreadable": ["crashed", {}]})


if __name__ == "__main__":
    main(sys.argv[1])
