"""What is known of a file before its rows are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .errors import REMARKS, sentence
from .limits import HEADER_CHARS

Kind = Literal["csv", "xlsx", "xls"]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know about one line that could still be read."""

    code: str
    line: int

    @property
    def message(self) -> str:
        return sentence(REMARKS[self.code], {"line": self.line})


@dataclass(frozen=True, slots=True)
class Found:
    """What a file turned out to be: shown to the user, who may correct encoding, delimiter and sheet."""

    kind: Kind
    encoding: str | None
    encoding_candidates: list[str]
    delimiter: str | None
    header: list[str]
    sample_rows: list[list[str | None]]
    sheets: list[str]
    sheet: str | None
    estimated_rows: int
    remarks: list[Remark] = field(default_factory=list)


def column_names(cells: list[str | None]) -> list[str]:
    """Header cells trimmed; blank ones become "Column N", repeated ones are numbered.

    Never translated, because saved mappings refer to them.
    """
    names: list[str] = []
    taken: set[str] = set()
    given = {" ".join((cell or "").split()).casefold() for cell in cells}
    for number, cell in enumerate(cells, start=1):
        name = " ".join((cell or "").split())[:HEADER_CHARS] or f"Column {number}"
        unique, count = name, 1
        while unique.casefold() in taken or (count > 1 and unique.casefold() in given):
            count += 1
            unique = f"{name} {count}"
        taken.add(unique.casefold())
        names.append(unique)
    return names
