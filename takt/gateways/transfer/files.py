"""Uploaded files on disk: below the data folder, under random names, readable by Takt alone."""

import datetime as dt
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from takt.gateways.transfer import reading
from takt.gateways.transfer.fields import mapped
from takt.gateways.transfer.fields.own import own_fields
from takt.gateways.transfer.presets import Preset
from takt.gateways.transfer.reading.dates import sniff_date_order
from takt.gateways.transfer.reading.numbers import sniff_decimal

ENDINGS = {".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsm"}


def folder() -> Path:
    path = Path(settings.TAKT_DATA_DIR) / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep(chunks: Iterable[bytes], name: str) -> str:
    """Store a file; answers its name below the folder. Nothing of the sender's name is used but its ending."""
    ending = Path(name).suffix.lower()
    kept = secrets.token_hex(16) + (ending if ending in ENDINGS else "")
    handle = os.open(folder() / kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return kept


def keep_path(source: Path) -> str:
    kept = keep([], source.name)
    with open(source, "rb") as given, open(folder() / kept, "wb") as file:
        shutil.copyfileobj(given, file)
    return kept


def path_of(kept: str) -> Path:
    return folder() / Path(kept).name


def forget(parts: Iterable[dict[str, Any]]) -> None:
    for part in parts:
        path_of(part["path"]).unlink(missing_ok=True)


def shown_name(name: str) -> str:
    """The sender's file name, fit to be shown: no folders, no control characters."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in bare if c.isprintable())[:200] or "file"


def part_of(
    kept: str,
    name: str,
    kind: str,
    *,
    preset: Preset | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    mapping: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What is known of one file before its rows are read. Raises Unreadable."""
    found = reading.detect(path_of(kept), encoding, delimiter, sheet)
    known = preset.part_of(found.header) if preset else None
    kind = known.kind if known else kind
    columns: list[str | None]
    if known:
        columns = [None] * len(found.header)
    elif mapping:
        by_heading = {h.casefold(): f for h, f in mapping.items()}
        columns = [by_heading.get(h.casefold()) or None for h in found.header]
    else:
        columns = mapped(kind, found.header, own_fields(kind))
    cells = [list(column) for column in zip(*found.sample_rows, strict=False)]
    return {
        "kind": kind,
        "preset": preset.name if preset and known else "",
        "path": kept,
        "name": shown_name(name),
        "file_kind": found.kind,
        "encoding": found.encoding,
        "encodings": found.encoding_candidates,
        "delimiter": found.delimiter,
        "sheet": found.sheet,
        "sheets": found.sheets,
        "header": found.header,
        "sample": found.sample_rows[:20],
        "mapping": columns,
        "total": found.estimated_rows,
        "date_order": sniff_date_order(c for column in cells for c in column),
        "decimal": sniff_decimal(
            c for place, column in enumerate(cells) if columns[place] in NUMBERS for c in column
        ),
        "remarks": [r.message for r in found.remarks[:20]],
    }


NUMBERS = {"amount", "price", "quantity", "annual_revenue", "probability", "employees"}


def is_old(kept: str, at: dt.datetime, days: int) -> bool:
    try:
        age = at.timestamp() - path_of(kept).stat().st_mtime
    except OSError:
        return False
    return age > days * 86_400
