"""Reading delimited text: which delimiter, which lines, which cells."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from . import encodings
from .errors import Unreadable
from .guard import unguarded
from .limits import CELL_CHARS, COLUMNS, MEGABYTE, ROW_CHARS, SAMPLE_BYTES

DELIMITERS = (",", ";", "\t", "|")
"""Delimiters that are found by themselves; any other single character may be chosen."""

DECLARED = re.compile(r'"?sep=(.)"?[\r\n]*')
Cells = list[str | None]


class Lines:
    """Lines of a text with their lengths bounded, so that one endless line or record can't fill the memory."""

    def __init__(self, file: TextIO, delimiter: str, taken: int) -> None:
        self.file = file
        self.delimiter = delimiter
        self.number = taken
        self.record_chars = 0
        self.ended = False
        self.replaced = False

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self.file.readline(ROW_CHARS + 1)
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.record_chars += len(line)
        if self.record_chars > ROW_CHARS:
            if line.count(self.delimiter) >= COLUMNS:
                raise Unreadable("too_many_columns", limit=COLUMNS, line=self.number)
            raise Unreadable("row_too_long", limit=ROW_CHARS, line=self.number)
        if "\0" in line:
            raise Unreadable("nul_bytes", line=self.number)
        if "\ufffd" in line:
            self.replaced = True
        return line


class Table:
    """A delimited file, opened: its settings and its records."""

    def __init__(self, path: Path, encoding: str | None = None, delimiter: str | None = None) -> None:
        self.path = path
        self.title_line: int | None = None
        if encoding:
            self.encoding = encodings.canonical(encoding)
            self.candidates = [self.encoding]
        else:
            self.encoding, self.candidates = encodings.find(path)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
            raise Unreadable("bad_delimiter")
        self.sample, self.whole = self.read_sample()
        declared = DECLARED.match(self.sample)
        self.declared = bool(declared)
        self.delimiter = delimiter or (declared.group(1) if declared else find_delimiter(self.sample))

    def read_sample(self) -> tuple[str, bool]:
        with self.open() as file:
            try:
                text = file.read(SAMPLE_BYTES)
                rest = bool(file.read(1))
            except UnicodeError as error:
                raise Unreadable("wrong_encoding", encoding=self.encoding) from error
        if text.count("\ufffd") > max(len(text) // 10, 3):
            raise Unreadable("wrong_encoding", encoding=self.encoding)
        if not text.strip("\ufeff \t\r\n"):
            raise Unreadable("empty")
        return text, not rest

    def open(self) -> TextIO:
        # utf-8-sig also reads a file without the mark, so a chosen "utf-8" doesn't leave it in the first header.
        name = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        raw = self.path.open("rb", buffering=MEGABYTE)
        return io.TextIOWrapper(raw, encoding=name, errors="replace", newline="")

    def records(self) -> Iterator[tuple[int, Cells, bool]]:
        """(line where it begins, cells, whether characters were lost), blank lines left out."""
        csv.field_size_limit(CELL_CHARS)
        with self.open() as file:
            skipped = 0
            if self.declared:
                file.readline()
                skipped = 1
            lines = Lines(file, self.delimiter, skipped)
            reader = csv.reader(lines, delimiter=self.delimiter, doublequote=True, strict=False)
            while True:
                begins = lines.number + 1
                lines.record_chars = 0
                lines.replaced = False
                try:
                    raw = next(reader, None)
                except csv.Error as error:
                    raise self.refusal(error, begins) from error
                except UnicodeError as error:
                    raise Unreadable("wrong_encoding", encoding=self.encoding) from error
                if raw is None:
                    return
                if lines.ended:
                    raise Unreadable("open_quote", line=begins)
                if len(raw) > COLUMNS and any(cell.strip() for cell in raw[COLUMNS:]):
                    raise Unreadable("too_many_columns", limit=COLUMNS, line=begins)
                cells: Cells = [unguarded(cell) if cell.strip() else None for cell in raw[:COLUMNS]]
                if any(cell is not None for cell in cells):
                    yield begins, cells, lines.replaced

    def refusal(self, error: csv.Error, line: int) -> Unreadable:
        if "field larger" in str(error):
            return Unreadable("cell_too_long", limit=CELL_CHARS, line=line)
        return Unreadable("not_a_table")

    def line_ends(self) -> int:
        """Line ends in the whole file; cheap, as nothing is decoded."""
        ends = Counter[str]()
        with self.path.open("rb") as file:
            while chunk := file.read(MEGABYTE):
                ends["\n"] += chunk.count(b"\n")
                ends["\r"] += chunk.count(b"\r")
        return ends["\n"] or ends["\r"]

    def describe(self) -> dict[str, Any]:
        return {
            "kind": "csv",
            "encoding": self.encoding,
            "encoding_candidates": self.candidates,
            "delimiter": self.delimiter,
            "sheets": [],
            "sheet": None,
        }


def find_delimiter(sample: str) -> str:
    """The delimiter that cuts the most lines into the same number of cells, quotes respected."""
    text = sample[: 256 * 1024]
    if len(text) < len(sample):
        text = text[: text.rfind("\n") + 1] or text
    best, best_score = ",", 0.0
    csv.field_size_limit(CELL_CHARS)
    for delimiter in DELIMITERS:
        widths: list[int] = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                if any(cell.strip() for cell in row):
                    widths.append(len(row))
                if len(widths) >= 200:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        # The header counts as a vote of its own: ragged rows must not outvote it.
        common, times = Counter(widths).most_common(1)[0]
        if max(common, widths[0]) < 2:
            continue
        steady = times / len(widths) if common > 1 else 0.0
        score = steady + (0.5 if widths[0] == common else 0.25 if widths[0] > 1 else 0.0)
        score *= 1 + min(max(common, widths[0]), 40) / 40
        if score > best_score:
            best, best_score = delimiter, score
    return best
