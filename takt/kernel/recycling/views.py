"""The recycle bin: what was deleted, brought back or removed for good, chosen rows or all of a filter."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand, may
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.lib.returning import own_path
from takt.kernel.lists.acts import AT_ONCE, MOST_BY_IDS
from takt.kernel.lists.asking import asked
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.lists.commands import start_bulk
from takt.kernel.lists.table import list_page
from takt.kernel.lists.views.bulk import begun
from takt.kernel.recycling.acts import said_back, said_gone
from takt.kernel.recycling.registry import Binned, bins_of
from takt.kernel.recycling.rules import purged_at
from takt.kernel.settings.queries import value_of
from takt.kernel.ui import formats
from takt.kernel.ui.toasts import flash


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    kinds = bins_of(user)
    if not kinds:
        raise Forbidden
    asked_for = request.GET.get("kind", kinds[0].kind)
    chosen = next((b for b in kinds if b.kind == asked_for), None)
    if chosen is None:
        raise NotFound
    days, may_purge = value_of("bin.days"), may(user, "administer")
    here = f"/recycle-bin/{chosen.kind}"
    acts: list[tuple[str, Any]] = [(f"{here}/restore", _l("Restore"))]
    if may_purge:
        acts.append((f"{here}/purge", _l("Remove for good")))
    query = request.GET.copy()
    for passing in ("kind", "cursor", "export", "limit", "columns", "sort"):
        query.pop(passing, None)
    tabs = [
        {
            "label": b.label,
            "url": f"/recycle-bin?kind={b.kind}",
            "count": formats.number(b.rows(user).count()),
            "active": b is chosen,
        }
        for b in kinds
    ]
    return list_page(
        request,
        chosen.spec,
        chosen.rows(user),
        template="recycling/index.html",
        shows=_shows(days),
        actions=acts,
        also=("kind",),
        empty_text=_("Nothing has been deleted here."),
        context={
            "kinds": tabs,
            "here": here,
            "asked": query.urlencode(),
            "may_purge": may_purge,
            "is_all": may_purge,
            "about": ngettext(
                "What is deleted can be brought back for %(count)d day; then it is removed for good.",
                "What is deleted can be brought back for %(count)d days; then it is removed for good.",
                days,
            )
            % {"count": days},
        },
    )


def _shows(days: int) -> dict[str, Show]:
    def goes(row: Any) -> Cell:
        when = purged_at(row.deleted_at, days)
        return Cell(formats.date(when), value=when)

    return {
        "name": Show(("name",), lambda row: Cell(row.name, value=row.name)),
        "owner": Show(("owner__name",), lambda row: Cell(row.owner__name or "")),
        "deleted_by": Show(("deleted_by__name",), lambda row: Cell(row.deleted_by__name or "")),
        "purged_at": Show(("deleted_at",), goes),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask, then bring back the chosen rows, or all that the filter shows; many of them in the background."""
    of = _of(request, kind)
    ids = _chosen(request, of)
    if request.method != "POST":
        return _form(request, of, "restore", ids)
    try:
        if len(ids) > AT_ONCE:
            return _begun(request, of, "restore", ids)
        count = of.restore(ids, **acting(request))
    except Refusal as refusal:
        return _form(request, of, "restore", ids, refusal)
    return _done(request, of, said_back(count))


@require_http_methods(["GET", "HEAD", "POST"])
def purge(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for the number of records, typed, then remove them for good; administrators only."""
    demand(acting(request)["by"], "administer")
    of = _of(request, kind)
    ids = _chosen(request, of)
    if request.method != "POST":
        return _form(request, of, "purge", ids)
    try:
        if "".join(request.POST.get("typed", "").split()) != str(len(ids)):
            sentence = _("Type the number of records, %(count)s, to remove them for good.")
            raise Invalid.field("typed", sentence % {"count": len(ids)}, "not_confirmed")
        if len(ids) > AT_ONCE:
            return _begun(request, of, "purge", ids)
        count = of.purge(ids, **acting(request))
    except Refusal as refusal:
        return _form(request, of, "purge", ids, refusal)
    return _done(request, of, said_gone(count))


def _begun(request: HttpRequest, of: Binned, act: str, ids: list[int]) -> HttpResponse:
    """Start what the worker does; exactly the records that were counted and confirmed."""
    rows = of.rows(request.user).filter(pk__in=ids)  # type: ignore[arg-type]
    run = start_bulk(of.spec.resource, act, {}, rows=rows, expected=len(ids), **acting(request))
    return begun(request, of.doings, run)


def _of(request: HttpRequest, kind: str) -> Binned:
    found = next((b for b in bins_of(request.user) if b.kind == kind), None)
    if found is None:
        raise NotFound
    return found


def _chosen(request: HttpRequest, of: Binned) -> list[int]:
    given = request.POST if request.method == "POST" else request.GET
    if "all" in given:
        ask = asked(of.spec, QueryDict(given.get("query", "")), request.user, blanks=True)
        ids = list(ask.apply(of.rows(request.user)).order_by("pk").values_list("pk", flat=True))
    else:
        texts = given.getlist("ids")[:MOST_BY_IDS]
        ids = [int(t) for t in texts if t.isascii() and t.isdigit() and 0 < int(t) < 2**63]
    if not ids:
        raise Invalid.field("ids", _("Choose at least one record."), "required")
    return ids


def _form(
    request: HttpRequest, of: Binned, act: str, ids: list[int], refusal: Refusal | None = None
) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    count = len(ids)
    titles = {
        "restore": ngettext("Restore %(count)s record", "Restore %(count)s records", count),
        "purge": ngettext("Remove %(count)s record for good", "Remove %(count)s records for good", count),
    }
    is_dialog = bool(request.headers.get("HX-Request"))
    context = {
        "act": act,
        "goal": f"/recycle-bin/{of.kind}/{act}",
        "title": titles[act] % {"count": formats.number(count)},
        "is_all": "all" in given,
        "query": given.get("query", ""),
        "ids": [] if "all" in given else ids,
        "count": count,
        "is_large": count > AT_ONCE,
        "back": own_path(request, given.get("_to"), f"/recycle-bin?kind={of.kind}"),
        "is_dialog": is_dialog,
        "sentences": [refusal.detail] if refusal else [],
    }
    template = "recycling/_act.html" if is_dialog else "recycling/act.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _done(request: HttpRequest, of: Binned, text: str) -> HttpResponse:
    flash(request, text)
    goal = f"/recycle-bin?kind={of.kind}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": goal})
    return HttpResponseRedirect(goal, status=303)
