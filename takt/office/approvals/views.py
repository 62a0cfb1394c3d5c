"""Requests for an approval: the page of those who decide, and the panel of a deal."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.lib.returning import back_or
from takt.kernel.ui.toasts import flash
from takt.office.approvals import commands, queries
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.special import approvers_of, names_of, rule_in_words
from takt.sales.deals.queries.ways import found_deal

WHICH = ("waiting", "mine", "all")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits for the person, what he asked for himself, and all that he may see."""
    return _page(request, request.GET.get("show", "waiting"))


def _page(
    request: HttpRequest, which: str, refusal: Refusal | None = None, refused: int | None = None
) -> HttpResponse:
    if which not in WHICH:
        raise NotFound
    user: Any = request.user
    older = request.GET.get("before", "")
    before = int(older) if older.isascii() and older.isdigit() and len(older) < 19 else None
    rows, more = queries.approvals(user, which, before=before)
    labels = {"waiting": _("Wait for you"), "mine": _("Asked by you"), "all": _("All")}
    context = {
        "rows": rows,
        "more": more,
        "which": which,
        "tabs_of": [
            {"url": f"/approvals?show={name}", "label": label, "active": name == which}
            for name, label in labels.items()
        ],
        "refused": refused,
        "error": next((str(e.message) for e in refusal.errors), str(refusal.detail)) if refusal else "",
        "typed": request.POST.get("comment", "") if refusal else "",
    }
    return render(request, "approvals/index.html", context, status=refusal.status if refusal else 200)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """For Today: how many requests wait for the person; nothing where none does."""
    return render(request, "approvals/_waiting.html", {"count": queries.waiting_count(request.user)})  # type: ignore[arg-type]


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes or no, with a comment."""
    user: Any = request.user
    asked = queries.one(pk, user)
    comment, is_yes = request.POST.get("comment", ""), request.POST.get("answer") == "approve"
    act = commands.approve if is_yes else commands.reject
    try:
        act(pk, comment=comment, version=version_in(request), **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _page(request, request.POST.get("show", "waiting"), refusal, pk)
    text = _("Approved: %(deal)s") if is_yes else _("Refused: %(deal)s")
    flash(request, text % {"deal": asked.name})
    return back_or(request, "/approvals")


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back before it is decided."""
    commands.withdraw(pk, **acting(request))
    flash(request, _("The request is withdrawn."))
    return back_or(request, "/approvals?show=mine")


@require_http_methods(["GET", "HEAD", "POST"])
def request_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the approval of a special opportunity; a dialog, or a page of its own."""
    deal = found_deal(pk, request.user)  # type: ignore[arg-type]
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            commands.request_approval(pk, comment=request.POST.get("comment", ""), **acting(request))
        except (NotFound, Forbidden):
            raise
        except Refusal as refused:
            refusal = refused
        else:
            flash(request, _("The approval of %(deal)s was asked for.") % {"deal": deal.name})
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": f"/deals/{pk}"})
            return HttpResponseRedirect(f"/deals/{pk}", status=303)
    is_page = not request.headers.get("HX-Request")
    context = {**_of_deal(request, deal), "is_page": is_page, "refusal": refusal}
    context["typed"] = request.POST.get("comment", "")
    template = "approvals/request.html" if is_page else "approvals/_request.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_safe
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """How the approval of a deal stands, for its page."""
    deal = found_deal(pk, request.user)  # type: ignore[arg-type]
    return render(request, "approvals/_panel.html", _of_deal(request, deal))


def _of_deal(request: HttpRequest, deal: Deal) -> dict[str, Any]:
    user: Any = request.user
    found = queries.of_deal(deal.pk, user)
    latest = next((a for a in found if a.row.state != "withdrawn"), None)
    is_pending = latest is not None and latest.row.is_pending
    is_covered = (
        latest is not None
        and latest.row.state == "approved"
        and set(latest.row.about["reasons"]) >= set(deal.special)
    )
    may_edit = Deal.objects.visible_to(user, "edit").filter(pk=deal.pk).exists()
    needs = deal.is_open and bool(deal.special) and deal.pipeline.approval_stage is not None
    return {
        "deal": deal,
        "reasons": names_of(deal.special),
        "latest": latest,
        "is_pending": is_pending,
        "is_covered": is_covered,
        "needs": needs,
        "stage": deal.pipeline.approval_stage,
        "may_request": needs and may_edit and not is_pending and not is_covered,
        "people": [p.name for p in approvers_of(deal, besides=user.pk)] if needs else [],
        "rule": rule_in_words(deal.pipeline),
    }
