"""One cell of a list, changed in its place: the input for it, and what came of what was typed."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound, Refusal, Stale
from takt.kernel.lists import commands
from takt.kernel.lists.acts import Doings, doings
from takt.kernel.lists.editing import column_in, input_for, typed_value
from takt.kernel.lists.spec import Column


@require_http_methods(["GET", "HEAD", "POST"])
def cell(request: HttpRequest, resource: str, pk: int, column: str) -> HttpResponse:
    """The form of a cell; a POST saves it and says the record's new version."""
    what = doings.get(resource)
    if what is None or what.change is None or pk >= 2**63:
        raise NotFound
    record = what.rows(request.user).filter(pk=pk).first()
    if record is None:
        raise NotFound
    known = column_in(what, column, many=False)
    if request.method != "POST":
        return _form(request, what, record, known)
    value = typed_value(what, known, request.POST)
    try:
        saved = what.change(pk, known, value, version=version_in(request), **acting(request))
    except Stale:
        return _form(request, what, record, known, stale=True)
    except NotFound:
        raise
    except Refusal as refusal:
        return _form(request, what, record, known, refusal)
    return JsonResponse({"version": saved.version})


def _form(
    request: HttpRequest,
    what: Doings,
    record: Any,
    column: Column,
    refusal: Refusal | None = None,
    *,
    stale: bool = False,
) -> HttpResponse:
    user: Any = request.user
    sentences = [str(e.message) for e in refusal.errors] or [str(refusal.detail)] if refusal else []
    given = request.POST if request.method == "POST" else None
    now = input_for(what, column, user, record)
    context = {
        "one": input_for(what, column, user, record, given, " ".join(dict.fromkeys(sentences))),
        "version": record.version,
        "is_stale": stale,
        "theirs": _in_words(now) if stale else "",
    }
    status = 409 if stale else refusal.status if refusal else 200
    return render(request, "lists/_cell.html", context, status=status)


def _in_words(one: Any) -> str:
    """What the record holds now, for somebody who typed something else."""
    if one.control in {"one", "pick"}:
        return {str(v): t for v, t in one.options}.get(str(one.value), "") or _("nothing")
    if isinstance(one.value, list):
        return ", ".join(str(v) for v in one.value) or _("nothing")
    return str(one.value) or _("nothing")


@require_POST
def widths(request: HttpRequest, resource: str) -> HttpResponse:
    """Keep how wide the person has drawn some columns."""
    given = {name: text for name, text in request.POST.items() if name != "csrfmiddlewaretoken"}
    commands.set_widths(resource, given, **acting(request))
    return HttpResponse(status=204)


@require_POST
def opens_with(request: HttpRequest, resource: str) -> HttpResponse:
    """Make a view the one that the person's list opens with, or none."""
    from takt.kernel.lists.views.pages import to_page

    commands.open_with(resource, request.POST.get("start", ""), **acting(request))
    return to_page(request)
