import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.lib.returning import back_or, own_path
from takt.kernel.lib.search import wanted
from takt.kernel.lists import commands
from takt.kernel.lists import palette as palette_of
from takt.kernel.lists.finding import marked
from takt.kernel.lists.groups import OR, put
from takt.kernel.lists.search import Answer, clean, opened
from takt.kernel.lists.search import search as search_all
from takt.kernel.lists.subjects import demand_visible
from takt.kernel.lists.timeline import timeline as timeline_of

PER_ROOM, PER_ROOM_IN_PALETTE = 20, 5
MOST_ENTRIES, MOST_COMMANDS = 4, 40
# Also as a Chinese input method writes them.
PREFIXES = {">": ">", "@": "@", "#": "#", "》": ">", "＃": "#", "＠": "@"}


@require_safe
def filtered(request: HttpRequest) -> HttpResponse:
    """The filter form's answer: the list under an address without the form's empty fields."""
    pairs = [
        (name, ",".join(filled) if name != OR else text)
        for name, texts in request.GET.lists()
        if not name.startswith("_") and (filled := [t for t in texts if t])
        for text in (filled if name == OR else filled[:1])
    ]
    query = urlencode(pairs, safe=",@:")
    if (
        place := re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", request.GET.get("_place", ""), re.ASCII)
    ) is not None:
        query = put(request.GET.get("_query", ""), tuple(int(n) for n in place.groups() if n), query)
    path = own_path(request, request.GET.get("_to"), "/today").partition("?")[0]
    return HttpResponseRedirect(f"{path}?{query}" if query else path)


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
    q = clean(request.GET.get("q", ""))
    answer = search_all(request.user, q, PER_ROOM)
    return render(request, "lists/search.html", _answered(q, answer) | {"title": _("Search")})


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Lines for the command palette: records, pages and commands; `>`, `@` and `#` ask for one kind only."""
    q, user = clean(request.GET.get("q", "")), request.user
    is_number = q[1:].isdigit()  # "#1204" is a deal, "# mine" a view
    mark, words = (PREFIXES[q[0]], q[1:].strip()) if q[:1] in PREFIXES and not is_number else ("", q)
    answer = Answer([], wanted(words))
    if words and mark in {"", "@"}:
        answer = search_all(user, words, PER_ROOM_IN_PALETTE, people_only=mark == "@")
    context = _answered(q, answer) | {
        "entries": palette_of.entries(
            user, wanted(words), most=MOST_COMMANDS if mark == ">" else MOST_ENTRIES
        )
        if mark in {"", ">"}
        else [],
        "views": palette_of.views(user, words) if mark == "#" else [],
        "opened": opened(user, _places(request)) if not q else [],
    }
    return render(request, "lists/_palette.html", context)


def _answered(q: str, answer: Answer) -> dict[str, Any]:
    return {"q": q, "answer": answer, "marked": lambda text: marked(str(text), answer.wanted)}


def _places(request: HttpRequest) -> list[tuple[str, int]]:
    """What the browser remembers to have opened: `deal:12,company:5`."""
    found = re.findall(
        r"(deal|company|contact|product|task):(\d{1,15})(?:,|$)", request.GET.get("opened", "")[:400]
    )
    return [(kind, int(key)) for kind, key in found][:8]
