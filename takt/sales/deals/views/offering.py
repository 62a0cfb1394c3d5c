"""What keeps a customer going: the next deal, another try at a lost one, an offer for some days."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.undo.commands import offer as offer_undo
from takt.sales.deals import commands, forms
from takt.sales.deals.commands.offers import before_offering
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.views.acts import act_form, deal_of, done
from takt.sales.deals.views.completing import ended, place_of


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next deal with the customer of this one."""
    deal = deal_of(request, pk)
    choices = {"pipelines": forms.pipelines(), "step_types": forms.step_types()}
    if request.method != "POST":
        return act_form(request, "follow", deal, **choices)
    try:
        new = commands.follow_deal(pk, **forms.following(request.POST), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "follow", deal, refusal, **choices)
    text = _("%(deal)s was created.") % {"deal": new.name}
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/deals/{new.pk}"})
    return ended(request, text, f"/deals/{new.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose or forget the day to come back to a lost deal."""
    deal = deal_of(request, pk)
    if request.method != "POST":
        return act_form(request, "try-again", deal)
    try:
        day = request.POST.get("try_again_on", "")
        changed = commands.try_again(pk, day, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "try-again", deal, refusal)
    if changed.try_again_on is None:
        return done(request, changed, _("%(deal)s won't be tried again.") % {"deal": changed.name})
    return done(request, changed, _("A task will remind you to try %(deal)s again.") % {"deal": changed.name})


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach an offer with its last day to one deal."""
    deal = deal_of(request, pk)
    if request.method != "POST":
        return act_form(request, "offer", deal)
    note = before_offering([deal])
    try:
        commands.make_offer(
            [pk], request.POST.get("offer", ""), request.POST.get("until", ""), **acting(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "offer", deal, refusal)
    return done(request, deal, _("%(deal)s has an offer.") % {"deal": deal.name}, _undo(request, note))


@require_POST
def withdraw_offer(request: HttpRequest, pk: int) -> HttpResponse:
    changed = commands.withdraw_offer(pk, **acting(request))
    return done(request, changed, _("The offer is taken back."))


def _undo(request: HttpRequest, note: dict[str, Any]) -> str | None:
    token = offer_undo(inverse="deals.take_back_offers", arguments=note, **acting(request))
    return f"/undo/{token}" if token else None


@require_http_methods(["GET", "HEAD", "POST"])
def offer_to_stage(request: HttpRequest, stage: int) -> HttpResponse:
    """Attach an offer to every open deal of a stage that the person may change."""
    row = get_object_or_404(Stage, pk=min(stage, 2**63 - 1))
    offered = Deal.objects.visible_to(request.user, "edit").open().filter(stage=row)  # type: ignore[arg-type,attr-defined]
    deals = list(offered) if request.method == "POST" else []
    context = {
        "stage": row,
        "count": len(deals) if request.method == "POST" else offered.order_by().count(),
        "typed": request.POST,
        "is_page": place_of(request) == "page",
        "errors": {},
        "sentences": [],
    }
    if request.method == "POST" and deals:
        note = before_offering(deals)
        try:
            commands.make_offer(
                deals, request.POST.get("offer", ""), request.POST.get("until", ""), **acting(request)
            )
        except Refusal as refusal:
            return _stage_form(request, context | forms.problems(refusal), refusal.status)
        text = ngettext(
            "%(count)d deal has an offer now.", "%(count)d deals have an offer now.", len(deals)
        ) % {"count": len(deals)}
        return ended(request, text, f"/deals/board?pipeline={row.pipeline_id}", _undo(request, note))
    return _stage_form(request, context, 200)


def _stage_form(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    name = "deals/offer_to_stage.html" if context["is_page"] else "deals/_offer_to_stage.html"
    return render(request, name, context, status=status)


@require_safe
def chain(request: HttpRequest, pk: int) -> HttpResponse:
    """The deals that this one follows and that follow it, as far as the reader may see them."""
    deal = deal_of(request, pk)
    seen = Deal.objects.visible_to(request.user).select_related("stage", "pipeline")  # type: ignore[arg-type]
    before = seen.filter(pk=deal.parent_id).first() if deal.parent_id else None
    after = list(seen.filter(parent=deal).order_by("-created_at", "-pk")[:20])
    return render(request, "deals/_chain.html", {"deal": deal, "before": before, "after": after})
