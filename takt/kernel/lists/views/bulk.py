"""Acts on the chosen rows of a list or on all that its filter leaves, and how far one has come."""

import math
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.fields.forms import Input
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.lib.returning import own_path
from takt.kernel.lists import commands
from takt.kernel.lists.acts import AT_ONCE, MOST_BY_IDS, Act, Doings, doings
from takt.kernel.lists.commands.bulk import may_do, said_back
from takt.kernel.lists.editing import change_of, column_in, editable_columns, input_for, typed_value
from takt.kernel.lists.jobs import enqueue
from takt.kernel.lists.models import BulkRun
from takt.kernel.lists.queries import chosen_by, left_out_of, seconds_left
from takt.kernel.ui import formats
from takt.kernel.ui.toasts import flash


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, resource: str, act: str) -> HttpResponse:
    """Ask what the act needs to know, then do it."""
    what = doings.get(resource)
    doing = what.act(act) if what else None
    if what is None or doing is None or not doing.is_listed:
        raise NotFound
    if not may_do(request.user, what, doing):
        raise Forbidden
    given = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" or "ask" in request.POST:
        return _ask(request, what, doing, given)
    try:
        run = _start(request, what, doing, given)
    except NotFound:
        raise
    except Refusal as refusal:
        return _ask(request, what, doing, given, refusal)
    return begun(request, what, run)


def _start(request: HttpRequest, what: Doings, doing: Act, given: QueryDict) -> BulkRun:
    if doing.name == "edit":
        column = column_in(what, given.get("column", ""), many=True)
        arguments: dict[str, Any] = {"changes": change_of(column, typed_value(what, column, given))}
    else:
        arguments = doing.read(given)
    if given.get("all") == "1":
        rows = chosen_by(what, given.get("query", ""), request.user)  # type: ignore[arg-type]
        expected = given.get("count", "")
        number = int(expected) if expected.isascii() and expected.isdigit() and len(expected) < 10 else -1
        return commands.start_bulk(
            what.spec.resource, doing.name, arguments, rows=rows, expected=number, **acting(request)
        )
    return commands.start_bulk(what.spec.resource, doing.name, arguments, ids=_ids(given), **acting(request))


def _ids(given: QueryDict) -> list[int]:
    texts = given.getlist("ids")[:MOST_BY_IDS]
    return [int(t) for t in texts if t.isascii() and t.isdigit() and 0 < int(t) < 2**63]


def _ask(
    request: HttpRequest, what: Doings, doing: Act, given: QueryDict, refusal: Refusal | None = None
) -> HttpResponse:
    """The dialog of an act, or a page of its own where there is no dialog; what was typed stays."""
    user: Any = request.user
    is_all = given.get("all") == "1"
    ids = [] if is_all else _ids(given)
    count = chosen_by(what, given.get("query", ""), user).count() if is_all else len(ids)
    errors = {e.field.removeprefix("changes."): str(e.message) for e in refusal.errors} if refusal else {}
    fields = _inputs(what, doing, given, user, ids, errors)
    shown = {f.name for f in fields} | {f"custom.{f.name.removeprefix('cf_')}" for f in fields}
    told = [str(refusal.detail)] if refusal and not errors else []
    told += [text for field, text in errors.items() if field not in shown]
    is_dialog = bool(request.headers.get("HX-Request"))
    named = given.get("_to") or request.headers.get("Referer")
    text = ngettext("%(count)s record", "%(count)s records", count) % {"count": formats.number(count)}
    context = {
        "goal": request.path,
        "title": doing.label,
        "count": count,
        "count_text": text,
        "about": doing.about,
        "is_ending": doing.is_ending,
        "is_large": count > AT_ONCE,
        "is_all": is_all,
        "query": given.get("query", ""),
        "ids": ids,
        "to": own_path(request, named, what.path),
        "fields": fields,
        "columns": _columns(what) if doing.name == "edit" else [],
        "column": given.get("column", ""),
        "sentences": list(dict.fromkeys(told)),
        "is_dialog": is_dialog,
    }
    template = "lists/_bulk.html" if is_dialog else "lists/bulk.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _columns(what: Doings) -> list[tuple[str, str]]:
    return [("", "–"), *((c.name, str(c.label)) for c in editable_columns(what, many=True))]


def _inputs(
    what: Doings, doing: Act, given: QueryDict, user: Any, ids: list[int], errors: dict[str, str]
) -> list[Input]:
    if doing.name == "edit":
        if not given.get("column"):
            return []
        column = column_in(what, given["column"], many=True)
        error = errors.get(column.name) or errors.get(f"custom.{column.name.removeprefix('cf_')}", "")
        return [input_for(what, column, user, None, given, error)]
    fields = doing.inputs(user, ids)
    for one in fields:
        one.value = given.get(one.name, one.value)
        one.error = errors.get(one.name, "")
    return fields


def begun(request: HttpRequest, what: Doings, run: BulkRun) -> HttpResponse:
    """The answer to an act that was started: how far it has come, or what came of it."""
    to = own_path(request, request.POST.get("_to"), what.path)
    is_dialog = bool(request.headers.get("HX-Request"))
    if run.state == BulkRun.State.RUNNING:
        enqueue(run.pk)
        if not is_dialog:
            return HttpResponseRedirect(f"/lists/bulk/{run.pk}", status=303)
        response = render(request, "lists/_run.html", _context(request, run, to))
        response.headers["HX-Trigger"] = f'{{"takt-bulk": {{"run": {run.pk}}}}}'
        return response
    if run.skipped:
        if is_dialog:
            return render(request, "lists/_run.html", _context(request, run, to))
        return HttpResponseRedirect(f"/lists/bulk/{run.pk}", status=303)
    flash(request, said(run), f"/undo/{run.undo}" if run.undo else None)
    if is_dialog:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(to, status=303)


def said(run: BulkRun) -> str:
    """What came of an act, in a sentence."""
    if run.state == BulkRun.State.UNDONE:
        return said_back(run)
    doing = doings[run.resource].act(run.act)
    if doing is not None and doing.said is not None:
        texts = [doing.said(run.changed)]
    else:
        changed = ngettext("%(count)s record was changed.", "%(count)s records were changed.", run.changed)
        texts = [changed % {"count": formats.number(run.changed)}]
    if run.skipped:
        left = ngettext("%(count)s was left out.", "%(count)s were left out.", run.skipped)
        texts.append(left % {"count": formats.number(run.skipped)})
    if run.state == BulkRun.State.STOPPED and run.done < run.total:
        texts.insert(0, _("Stopped."))
    return " ".join(texts)


def _context(request: HttpRequest, run: BulkRun, to: str = "") -> dict[str, Any]:
    what = doings[run.resource]
    doing = what.act(run.act)
    is_back = run.state in {BulkRun.State.UNDOING, BulkRun.State.UNDONE}
    whole, done = (run.changed, run.returned + run.kept) if is_back else (run.total, run.done)
    is_over = run.state not in {BulkRun.State.RUNNING, BulkRun.State.UNDOING}
    left = seconds_left(run) if not is_over else None
    return {
        "run": run,
        "title": doing.label if doing else "",
        "is_over": is_over,
        "percent": min(100, math.floor(100 * done / whole)) if whole else 100,
        "done": done,
        "whole": whole,
        "left": left,
        "said": said(run),
        "left_out": left_out_of(run, what, request.user) if is_over else ([], 0),  # type: ignore[arg-type]
        "to": to or what.path,
    }


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an act has come, and what came of it: a page, its card again, or a few words for a script."""
    row = BulkRun.objects.filter(pk=pk, user=request.user).first() if pk < 2**63 else None
    if row is None or row.resource not in doings:
        raise NotFound
    if "application/json" in request.headers.get("Accept", ""):
        is_over = row.state not in {BulkRun.State.RUNNING, BulkRun.State.UNDOING}
        return JsonResponse(
            {
                "is_over": is_over,
                "done": row.done,
                "total": row.total,
                "text": said(row) if is_over else "",
                "undo": f"/undo/{row.undo}" if row.undo and row.state != BulkRun.State.UNDONE else None,
            }
        )
    to = own_path(request, request.GET.get("_to"), doings[row.resource].path)
    template = "lists/_run.html" if request.headers.get("HX-Request") else "lists/run.html"
    return render(request, template, _context(request, row, to))


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End an act where it stands."""
    if pk >= 2**63:
        raise NotFound
    row = commands.stop_bulk(pk, **acting(request))
    if request.headers.get("HX-Request"):
        return render(request, "lists/_run.html", _context(request, row))
    return HttpResponseRedirect(f"/lists/bulk/{pk}", status=303)
