"""Moves of one deal: by the board, by its page, by the dialog that asks for what a gate misses; its checklist."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.middleware import problem
from takt.kernel.access.reach import owners_within
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal, Stale
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.deals import commands, forms, forms_gates
from takt.sales.deals.commands import GateClosed, ReasonRequired, undoing
from takt.sales.deals.models import Deal
from takt.sales.deals.queries import ways
from takt.sales.deals.views.board import renewed
from takt.sales.deals.views.completing import place_of

_TOLD = 4  # missing items named in a toast


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a deal into another stage; what its gate misses is asked for in a dialog, filled in and saved with it."""
    if request.method != "POST":
        return _form(request, ways.found_deal(pk, request.user), request.GET.get("stage", ""))  # type: ignore[arg-type]
    if "application/json" in request.headers.get("Accept", ""):
        return _by_board(request, pk)
    before = ways.found_deal(pk, request.user)  # type: ignore[arg-type]
    stage = request.POST.get("stage", "")
    is_filled = "is_filled" in request.POST
    files = keep_files(request)
    try:
        files.finish()
        filled = forms_gates.filled(request.POST) if is_filled else commands.Filled()
        moved = commands.advance_deal(
            pk,
            stage,
            filled,
            reason=request.POST.get("reason", ""),
            force="force" in request.POST,
            version=version_in(request),
            **acting(request),
        )
    except NotFound:
        raise
    except (GateClosed, ReasonRequired) as refusal:
        if is_filled:
            return _form(request, ways.found_deal(pk, request.user), stage, refusal)  # type: ignore[arg-type]
        return HttpResponseRedirect(f"/deals/{pk}?move={stage}", status=303)
    except Refusal as refusal:
        if not is_filled or isinstance(refusal, Forbidden):
            raise
        return _form(request, ways.found_deal(pk, request.user), stage, refusal)  # type: ignore[arg-type]
    undo = _undo(request, before, moved)
    flash(request, told(moved), undo)
    seen = Deal.objects.visible_to(request.user).filter(pk=pk).exists()  # type: ignore[arg-type]
    url = f"/deals/{pk}" if seen else "/deals/board"
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(url, status=303)
    is_on_page = f"/deals/{pk}" in request.headers.get("HX-Current-URL", "")
    how = {"HX-Redirect": url} if is_on_page else {"HX-Refresh": "true"}
    return HttpResponse(status=204, headers=how)


def _by_board(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was dropped: the answer renews the columns, or names the dialog that asks for what is missing."""
    before = ways.where_stood(pk, request.user)  # type: ignore[arg-type]
    stage = request.POST.get("stage", "")
    try:
        moved = commands.move_deal(pk, stage, version=version_in(request), **acting(request))
    except (GateClosed, ReasonRequired) as refusal:
        answer = problem(refusal)
        answer["X-Dialog"] = f"/deals/{pk}/move?stage={stage}"
        return answer
    undo = _undo(request, before, moved)
    return JsonResponse(
        {"version": moved.version, "toast": told(moved), "undo": undo}
        | renewed(request, moved, {before.stage_id, moved.stage_id})
    )


def _undo(request: HttpRequest, before: Deal, moved: Deal) -> str | None:
    """The way back; none where the deal became a specialist's with the move."""
    if moved.stage_id == before.stage_id or moved.owner_id != before.owner_id:
        return None
    note = undoing.before_move([before])
    note["deals"][0]["version"] = moved.version
    token = offer(inverse="deals.unmove_deals", arguments=note, **acting(request))
    return f"/undo/{token}" if token else None


def told(moved: Deal) -> str:
    """What happened, and what the deal went on without."""
    text = _("Moved to %(stage)s") % {"stage": moved.stage.name}
    if not moved.missing:
        return text
    items = [m.text for m in moved.missing[:_TOLD]]
    if (rest := len(moved.missing) - _TOLD) > 0:
        items.append(_("and %(num)d more.") % {"num": rest})
    return _("%(moved)s. Still missing: %(items)s") % {"moved": text, "items": " ".join(items)}


def _form(request: HttpRequest, deal: Deal, stage: str, refusal: Refusal | None = None) -> HttpResponse:
    """The dialog of a move, or a page of its own; what was typed stays."""
    if not deal.is_open:
        raise commands.AlreadyClosed
    user: Any = request.user
    way = ways.way_of(deal, stage, user, acting(request)["at"])
    found = forms.problems(refusal) if refusal else {"errors": {}, "sentences": []}
    if isinstance(refusal, GateClosed):
        found = {"errors": {}, "sentences": [refusal.detail]}
    typed: Any = request.POST if request.method == "POST" else {}
    is_page = place_of(request) == "page"
    context = {
        "deal": deal,
        "act": "move",
        "title": _("Move to %(stage)s") % {"stage": way.target.name},
        "form": "deals/_move.html",
        "way": way,
        "typed": typed,
        "ticked": set(request.POST.getlist("tick")),
        "version": typed.get("version") or deal.version,
        "is_page": is_page,
        **forms_gates.asked_inputs(deal, way.missing, typed, user, found["errors"]),
        **found,
    }
    if isinstance(refusal, Stale):
        context["version"] = deal.version
    status = refusal.status if refusal else 200
    return render(request, "deals/act.html" if is_page else "deals/_move.html", context, status=status)


@require_safe
def gate(request: HttpRequest, pk: int) -> HttpResponse:
    """What the deal's stage asks for before it goes on, for the deal's page."""
    return _checklist(request, ways.found_deal(pk, request.user))  # type: ignore[arg-type]


@require_POST
def tick(request: HttpRequest, pk: int, criterion: int) -> HttpResponse:
    """Confirm that a criterion is met, or take that back."""
    if criterion >= 2**63:
        raise NotFound
    commands.tick_criterion(pk, criterion, request.POST.get("is_met") == "on", **acting(request))
    deal = ways.found_deal(pk, request.user)  # type: ignore[arg-type]
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"/deals/{pk}", status=303)
    return _checklist(request, deal)


def _checklist(request: HttpRequest, deal: Deal) -> HttpResponse:
    user: Any = request.user
    editors = owners_within(user, "deal", "edit")
    context = {
        "deal": deal,
        "list": ways.checklist_of(deal, acting(request)["at"]),
        "may_edit": editors is None or deal.owner_id in editors,
        "is_page": not request.headers.get("HX-Request"),
        "title": _("Before the deal goes on"),
        "form": "deals/_gate.html",
    }
    return render(request, "deals/act.html" if context["is_page"] else "deals/_gate.html", context)
