"""Import in a browser: upload, say where the columns go, see what would happen, start, look on, undo."""

import datetime as dt

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.gateways.transfer import commands, forms, queries, writing
from takt.gateways.transfer.jobs import enqueue
from takt.gateways.transfer.lists import IMPORTS
from takt.gateways.transfer.models import Import, SavedMapping
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.lists.asking import asked
from takt.kernel.ui.toasts import flash

SHAPING = (Import.State.UPLOADED, Import.State.FAILED)


def _importer(request: HttpRequest) -> None:
    if not may(request.user, "import"):  # type: ignore[arg-type]
        raise Forbidden


def _found(request: HttpRequest, pk: int) -> Import:
    _importer(request)
    job = Import.objects.visible_to(request.user).filter(pk=pk).first()  # type: ignore[arg-type]
    if job is None:
        raise NotFound
    return job


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The imports so far, and a new one."""
    _importer(request)
    if request.method == "POST":
        try:
            kind, preset, parts = forms.uploaded(request)
            job = commands.start_import(kind, parts, preset=preset, **acting(request))
        except Refusal as refusal:
            return render(request, "transfer/index.html", _index(request, refusal), status=refusal.status)
        return redirect("transfer:import", job.pk)
    return render(request, "transfer/index.html", _index(request, None))


def _index(request: HttpRequest, refusal: Refusal | None) -> dict[str, object]:
    ask = asked(IMPORTS, request.GET, request.user)  # type: ignore[arg-type]
    page = ask.page(ask.apply(Import.objects.visible_to(request.user).select_related("user")))  # type: ignore[arg-type]
    more = ask.query(cursor=page.next_cursor) if page.next_cursor else ""
    return {
        "imports": page.rows,
        "next": f"/import?{more}" if more else "",
        "kinds": forms.kind_choices(),
        "presets": forms.preset_choices(),
        "chosen": request.POST.get("kind", "deals"),
        "mappings": SavedMapping.objects.filter(user=request.user).order_by("kind", "name"),
        "problems": [str(e.message) for e in refusal.errors] or [str(refusal.detail)] if refusal else [],
    }


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(request, pk))


def _page(request: HttpRequest, job: Import, refusal: Refusal | None = None) -> HttpResponse:
    """The import as it stands: its columns, its progress, or what came of it."""
    context: dict[str, object] = {
        "job": job,
        "choices": forms.choices(job),
        "is_shaping": job.state in SHAPING
        or request.GET.get("columns") == "1"
        and job.state in commands.BEFORE,
        "problems": [str(e.message) for e in refusal.errors] or [str(refusal.detail)] if refusal else [],
        "left": queries.seconds_left(job, dt.datetime.now(dt.UTC)),
        "refused": queries.refused(job),
        "likely": queries.likely(job) if job.count("likely") and job.state in commands.BEFORE else [],
        "created": queries.records(job, "created"),
        "kept": queries.records(job, "kept", 200),
    }
    return render(request, "transfer/import.html", context, status=refusal.status if refusal else 200)


@require_POST
def set_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the form says and check the file; where it is to be read otherwise, read it again first."""
    job = _found(request, pk)
    try:
        if forms.is_otherwise(job, request.POST):
            kind, preset, parts = forms.looked_again(job, request.POST)
            commands.look_again(job, parts, kind=kind, preset=preset, **acting(request))
            return redirect("transfer:import", pk)
        job.parts, job.options = parts, options = forms.set_up(job, request.POST)
        job = commands.set_up_import(job, parts, options=options, **acting(request))
    except Invalid as refusal:
        return _page(request, job, refusal)
    if name := request.POST.get("mapping_name", "").strip():
        columns = forms.columns_of(job, parts)
        commands.save_mapping(name, job.kind, columns, options, **acting(request))
    enqueue(job)
    return redirect("transfer:import", pk)


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    choice = request.POST.get("duplicates", "")
    job = commands.begin_import(_found(request, pk), duplicates=choice, **acting(request))
    enqueue(job)
    return redirect("transfer:import", pk)


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    commands.stop_import(_found(request, pk), **acting(request))
    flash(request, _("The import stops after the rows at hand."))
    return redirect("transfer:import", pk)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    job = commands.undo_import(_found(request, pk), **acting(request))
    enqueue(job)
    return redirect("transfer:import", pk)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    job = _found(request, pk)
    commands.delete_import(job, **acting(request))
    flash(request, _("“%(name)s” was taken off the list.") % {"name": job.name})
    return redirect("transfer:index")


@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come; at its end the page is loaded anew."""
    job = _found(request, pk)
    if not job.is_working:
        return HttpResponse(headers={"HX-Refresh": "true"})
    left = queries.seconds_left(job, dt.datetime.now(dt.UTC))
    return render(request, "transfer/_import_progress.html", {"job": job, "left": left})


@require_safe
def refused(request: HttpRequest, pk: int, number: int = 0) -> HttpResponseBase:
    """The refused rows of a file as a file: mended, it can be imported by itself."""
    job = _found(request, pk)
    if number >= len(job.parts):
        raise NotFound
    header, lines = queries.refused_table(job, number)
    answer = StreamingHttpResponse(writing.csv_chunks(header, lines), content_type="text/csv; charset=utf-8")
    name = f"refused-{pk}.csv" if len(job.parts) == 1 else f"refused-{pk}-{number + 1}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
def delete_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    _importer(request)
    commands.delete_mapping(pk, **acting(request))
    flash(request, _("The mapping was removed."))
    return redirect("transfer:index")
