from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.lib.returning import back_or, own_path
from takt.kernel.lists import commands
from takt.kernel.lists.asking import MOST_GROUPS, OR
from takt.kernel.lists.search import clean
from takt.kernel.lists.search import search as search_all
from takt.kernel.lists.subjects import demand_visible
from takt.kernel.lists.timeline import timeline as timeline_of

PER_ROOM, PER_ROOM_IN_PALETTE = 20, 5


@require_safe
def filtered(request: HttpRequest) -> HttpResponse:
    """The filter form's answer: the list under an address without the form's empty fields."""
    pairs = [
        (name, ",".join(filled) if name != OR else text)
        for name, texts in request.GET.lists()
        if not name.startswith("_") and (filled := [t for t in texts if t])
        for text in (filled if name == OR else filled[:1])
    ]
    if "_group" in request.GET:
        pairs = _regrouped(request.GET, pairs)
    path = own_path(request, request.GET.get("_to"), "/today").partition("?")[0]
    query = urlencode(pairs, safe=",@:")
    return HttpResponseRedirect(f"{path}?{query}" if query else path)


def _regrouped(given: QueryDict, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The question with one alternative as the form has it now; a single one is no alternative."""
    groups, text = given.getlist("_or")[:MOST_GROUPS], urlencode(pairs, safe=",@:")
    place = int(given["_group"]) if given["_group"].isascii() and given["_group"].isdigit() else len(groups)
    groups[place : place + 1] = [text] if text else []
    rest = parse_qsl(given.get("_top", "")) + parse_qsl(given.get("_rest", ""))
    if len(groups) == 1:
        return parse_qsl(groups[0]) + rest
    return [*((OR, group) for group in groups), *rest]


@require_POST
def choose_columns(request: HttpRequest, resource: str) -> HttpResponse:
    names = [] if "reset" in request.POST else request.POST.getlist("columns")
    commands.choose_columns(resource, names, **acting(request))
    return to_page(request)


@require_POST
def save_view(request: HttpRequest, resource: str) -> HttpResponse:
    commands.save_view(
        resource,
        request.POST.get("name", ""),
        request.POST.get("query", ""),
        is_shared="is_shared" in request.POST,
        **acting(request),
    )
    return to_page(request)


@require_POST
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    commands.rename_view(pk, request.POST.get("name", ""), **acting(request))
    return to_page(request)


@require_POST
def share_view(request: HttpRequest, pk: int) -> HttpResponse:
    commands.share_view(pk, request.POST.get("is_shared") == "true", **acting(request))
    return to_page(request)


@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    commands.delete_view(pk, **acting(request))
    return to_page(request)


def to_page(request: HttpRequest) -> HttpResponse:
    """A plain form goes back to the list; htmx loads it anew."""
    if request.headers.get("HX-Request"):
        target = own_path(request, request.POST.get("_to"), "")
        return HttpResponse(status=204, headers={"HX-Redirect": target} if target else {"HX-Refresh": "true"})
    return back_or(request, "/today")


@require_safe
def timeline(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One record's history, or its continuation, as a fragment."""
    demand_visible(kind, pk, request.user)  # type: ignore[arg-type]
    only = request.GET.get("only", "all")
    found = timeline_of(kind, pk, request.user, request.GET.get("before"), only)  # type: ignore[arg-type]
    return render(
        request,
        "lists/_timeline.html",
        {"timeline": found, "kind": kind, "object_id": pk, "only": only, "is_more": "before" in request.GET},
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What everything holds for these words."""
    return render(request, "lists/search.html", _searched(request, PER_ROOM))


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """The same, short, for the command palette."""
    return render(request, "lists/_palette.html", _searched(request, PER_ROOM_IN_PALETTE))


def _searched(request: HttpRequest, limit: int) -> dict[str, Any]:
    q = clean(request.GET.get("q", ""))
    return {"q": q, "found": search_all(request.user, q, limit), "title": _("Search")}  # type: ignore[arg-type]
