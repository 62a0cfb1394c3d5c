"""Imports for programs: upload, look on, undo."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from takt.gateways.transfer import commands, files, forms
from takt.gateways.transfer.fields import KINDS
from takt.gateways.transfer.jobs import enqueue
from takt.gateways.transfer.lists import IMPORTS
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.presets import PRESETS
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.access.reach import may
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.lists.answers import api_list

router = Router(tags=["imports"])


class RefusedRow(Schema):
    file: str
    line: int
    reason: str


class ImportOut(Schema):
    id: int
    kind: str
    preset: str
    name: str
    state: str
    problem: str
    user: int | None
    read: int
    total: int
    created: int
    updated: int
    skipped: int
    refused: int
    likely: int = 0
    kept: int
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    undone_at: dt.datetime | None


class LikeRow(Schema):
    """A row that would make a new customer, though it looks like one that is here (0: like an earlier row)."""

    file: str
    line: int
    kind: str
    id: int
    reason: str


class OneImport(ImportOut):
    rows: list[RefusedRow]
    like: list[LikeRow] = []


class Imports(Schema):
    items: list[ImportOut]
    next_cursor: str | None
    total: int | None = None


def import_json(job: Import) -> dict[str, Any]:
    plain = (
        "kind",
        "preset",
        "name",
        "state",
        "problem",
        "created_at",
        "started_at",
        "finished_at",
        "undone_at",
    )
    counted = (*commands.OUTCOMES, "kept")
    return {
        "id": job.pk,
        "user": job.user_id,
        "total": job.total,
        **{f: getattr(job, f) for f in plain},
        **{c: job.count(c) for c in counted},
    }


def _one(job: Import) -> dict[str, Any]:
    """The import with its refused rows; the first thousand, the page offers all of them as a file."""
    rows = ImportRow.objects.filter(job=job, outcome="refused").order_by("part", "line")[:1000]
    found = [{"file": job.parts[r.part]["name"], "line": r.line, "reason": r.reason} for r in rows]
    like = ImportRow.objects.filter(job=job, outcome="likely").order_by("part", "line")[:1000]
    looks = [
        {
            "file": job.parts[r.part]["name"],
            "line": r.line,
            "kind": r.kind,
            "id": r.record,
            "reason": r.reason,
        }
        for r in like
    ]
    return import_json(job) | {"rows": found, "like": looks}


def _found(request: HttpRequest, pk: int) -> Import:
    if not may(request.user, "import"):  # type: ignore[arg-type]
        raise Forbidden
    job = Import.objects.visible_to(request.user).filter(pk=pk).first() if 0 < pk < 2**63 else None  # type: ignore[arg-type]
    if job is None:
        raise NotFound
    return job


@router.get("/imports", response={200: Imports, **PROBLEMS}, exclude_unset=True)
def list_imports(request: HttpRequest) -> Any:
    """One's own imports, the latest first."""
    if not may(request.user, "import"):  # type: ignore[arg-type]
        raise Forbidden
    return api_list(request, IMPORTS, Import.objects.visible_to(request.user), import_json)  # type: ignore[arg-type]


@router.get("/imports/{int:pk}", response={200: OneImport, **PROBLEMS})
def get_import(request: HttpRequest, pk: int) -> Any:
    return _one(_found(request, pk))


@router.post("/imports", response={201: OneImport, **PROBLEMS})
def start_import(
    request: HttpRequest,
    response: HttpResponse,
    file: list[UploadedFile] = File(...),  # noqa: B008  how ninja declares an upload
    kind: str = Form(...),
    preset: str = Form(""),
    mapping: str = Form("", description="JSON object: heading to field; left out, headings are recognised"),
    dry_run: bool = Form(False),
    keep_going: bool = Form(False),
    create_missing: bool = Form(False),
    ignore_owners: bool = Form(False),
    currency: str = Form(""),
    pipeline: str = Form(""),
    date_order: str = Form("", description="dmy or mdy"),
    decimal: str = Form("", description="the decimal mark, a point or a comma"),
    duplicates: str = Form(
        "", description="new customers who look like one that is here: create, skip or update"
    ),
) -> Any:
    """Upload files and import them; with `dry_run` they are only checked. Look on by GET."""
    if not may(request.user, "import"):  # type: ignore[arg-type]
        raise Forbidden
    if kind not in KINDS:
        raise Invalid.field("kind", "KIND is one of " + ", ".join(KINDS), "unknown")
    if preset and preset not in PRESETS:
        raise Invalid.field("preset", "PRESET is one of " + ", ".join(PRESETS), "unknown")
    chosen = forms.mapping_given(mapping)
    with forms.kept_files(file) as kept:
        parts = [
            files.part_of(path, name, kind, preset=PRESETS.get(preset), mapping=chosen) for path, name in kept
        ]
    given = {"keep_going": keep_going, "create_missing": create_missing, "ignore_owners": ignore_owners}
    texts = {"currency": currency, "pipeline": pipeline, "date_order": date_order, "decimal": decimal}
    texts["duplicates"] = duplicates
    options: dict[str, Any] = {k: v for k, v in {**given, **texts, "auto_start": not dry_run}.items() if v}
    job = commands.start_import(kind, parts, preset=preset, **acting(request))
    job = commands.set_up_import(job, job.parts, options=options, **acting(request))
    enqueue(job)
    response["Location"] = f"/api/v1/imports/{job.pk}"
    return 201, _one(job)


@router.post("/imports/{int:pk}/start", response={200: OneImport, **PROBLEMS})
def begin_import(request: HttpRequest, pk: int, duplicates: str = "") -> Any:
    """Write what a dry run has checked, or go on where it was stopped.

    `duplicates`: what becomes of new customers who look like one that is here: create (the default), skip or update.
    """
    job = commands.begin_import(_found(request, pk), duplicates=duplicates, **acting(request))
    enqueue(job)
    return _one(job)


@router.post("/imports/{int:pk}/stop", response={200: OneImport, **PROBLEMS})
def stop_import(request: HttpRequest, pk: int) -> Any:
    return _one(commands.stop_import(_found(request, pk), **acting(request)))


@router.post("/imports/{int:pk}/undo", response={200: OneImport, **PROBLEMS})
def undo_import(request: HttpRequest, pk: int) -> Any:
    """Take the whole import back; what has been edited since is kept and counted."""
    job = commands.undo_import(_found(request, pk), **acting(request))
    enqueue(job)
    return _one(job)
