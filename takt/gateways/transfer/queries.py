"""What the pages of an import show."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer import files, reading
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.reading import Unreadable
from takt.sales.activities.models import Task
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

SHOWN = 50
MODELS: dict[str, tuple[Any, str, str]] = {
    "deal": (Deal, "name", "/deals/"),
    "company": (Company, "name", "/companies/"),
    "contact": (Contact, "name", "/contacts/"),
    "product": (Product, "name", "/products/"),
    "task": (Task, "title", ""),
}


@dataclass(frozen=True)
class Row:
    """A record that an import has made, changed or left, or a row it has refused."""

    line: int
    name: str
    url: str
    reason: str
    file: str


def refused(job: Import, most: int = SHOWN) -> list[Row]:
    return [
        Row(r.line, "", "", r.reason, job.parts[r.part]["name"])
        for r in ImportRow.objects.filter(job=job, outcome="refused").order_by("part", "line")[:most]
    ]


def likely(job: Import, most: int = SHOWN) -> list[Row]:
    """Rows that would make a new customer, though they look like one that is here or an earlier row."""
    rows = list(ImportRow.objects.filter(job=job, outcome="likely").order_by("part", "line")[:most])
    names: dict[tuple[str, int], str] = {}
    for kind in {r.kind for r in rows}:
        model, field, _url = MODELS[kind]
        seen = model.objects.visible_to(job.user).filter(pk__in=[r.record for r in rows if r.kind == kind])
        names |= {(kind, pk): name for pk, name in seen.values_list("pk", field)}
    return [
        Row(
            r.line,
            names.get((r.kind, r.record), ""),
            f"{MODELS[r.kind][2]}{r.record}" if (r.kind, r.record) in names else "",
            r.reason,
            job.parts[r.part]["name"],
        )
        for r in rows
    ]


def records(job: Import, outcome: str, most: int = 20) -> list[Row]:
    """Some of the records with that outcome, with their names as they are now."""
    rows = list(
        ImportRow.objects.filter(job=job, outcome=outcome, kind__in=MODELS)
        .order_by("-part", "line")[:most]
        .values_list("line", "kind", "record", "reason", "part")
    )
    names: dict[tuple[str, int], str] = {}
    for kind in {r[1] for r in rows}:
        model, field, _url = MODELS[kind]
        ids = [r[2] for r in rows if r[1] == kind]
        found = model.objects.filter(pk__in=ids, **({} if kind == "product" else {"deleted_at": None}))
        names.update({(kind, pk): name for pk, name in found.values_list("pk", field)})
    return [
        Row(
            line,
            names[kind, pk],
            f"{MODELS[kind][2]}{pk}" if MODELS[kind][2] else "",
            reason,
            job.parts[part]["name"],
        )
        for line, kind, pk, reason, part in rows
        if (kind, pk) in names
    ]


def seconds_left(job: Import, at: dt.datetime) -> int | None:
    """How long the rest will take at the pace so far; None while there is no telling."""
    if job.state != Import.State.RUNNING or not job.started_at or not job.read or job.read >= job.total:
        return None
    passed = (at - job.started_at).total_seconds()
    return int(passed * (job.total - job.read) / job.read)


def refused_table(job: Import, number: int) -> tuple[list[str], Iterator[list[Any]]]:
    """The refused rows of one file with line and reason, and their cells where the file is still there.

    The headings of line and reason are such that the mended file can be imported as it is.
    """
    part = job.parts[number]
    return [*part["header"], _("Takt: line"), _("Takt: reason")], _refused_lines(job, number, part)


def _refused_lines(job: Import, number: int, part: dict[str, Any]) -> Iterator[list[Any]]:
    reasons = dict(
        ImportRow.objects.filter(job=job, outcome="refused", part=number)
        .order_by("line")
        .values_list("line", "reason")
    )
    if not reasons:
        return
    for line, cells in _cells(part):
        if line in reasons:
            yield [*(c or "" for c in cells), line, reasons.pop(line)]
    blank = [""] * len(part["header"])
    for line, reason in reasons.items():
        yield [*blank, line, reason]


def _cells(part: dict[str, Any]) -> Iterator[tuple[int, list[str | None]]]:
    try:
        with reading.rows(
            files.path_of(part["path"]), part["encoding"], part["delimiter"], part["sheet"]
        ) as rows:
            yield from rows
    except Unreadable:
        return
