"""What happens to one deal by a dialog: won, lost, back to work, put off, handed over, another pipeline, deleted."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound, Problem, Refusal
from takt.kernel.ui.formats import money
from takt.kernel.undo.commands import offer
from takt.sales.deals import commands, forms
from takt.sales.deals.commands import undoing
from takt.sales.deals.commands.unclosing import before_closing
from takt.sales.deals.models import Deal
from takt.sales.deals.views.completing import ended, place_of

TITLES: dict[str, Callable[[], str]] = {
    "win": lambda: _("Won"),
    "lose": lambda: _("Lost"),
    "loss": lambda: _("Why the deal was lost"),
    "reopen": lambda: _("Return to work"),
    "snooze": lambda: _("Put off"),
    "assign": lambda: _("Change the responsible person"),
    "pipeline": lambda: _("Move to another pipeline"),
    "try-again": lambda: _("Try again"),
    "follow": lambda: _("The next deal with this customer"),
    "offer": lambda: _("An offer for some days"),
    "special": lambda: _("Special opportunity"),
    "help": lambda: _("Ask for help"),
}
# The commands' own names of fields, as the dialogs call them.
OF_FORM = {"title": "step_title", "due_at": "step_due"}


def deal_of(request: HttpRequest, pk: int) -> Any:
    rows = Deal.objects.select_related("owner", "stage", "pipeline")
    return rows.found(pk, by=request.user)  # type: ignore[arg-type]


def act_form(
    request: HttpRequest, act: str, deal: Deal, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    """The dialog of an act, or a page of its own where there is no dialog; what was typed stays."""
    is_page = place_of(request) == "page"
    at = acting(request)["at"]
    typed = request.POST if request.method == "POST" else forms.blank_step(at) | {"stage": deal.stage_id}
    found = forms.problems(refusal, OF_FORM) if refusal else {"errors": {}, "sentences": []}
    if refusal is not None and set(found["errors"]) - SHOWN[act]:
        found["sentences"] = [m for f, m in found["errors"].items() if f not in SHOWN[act]]
    context = {
        "deal": deal,
        "act": act,
        "title": TITLES[act](),
        "form": _template(act),
        "typed": typed,
        "version": typed.get("version") or deal.version,
        "is_page": is_page,
        **found,
        **more,
    }
    status = refusal.status if refusal else 200
    return render(request, "deals/act.html" if is_page else _template(act), context, status=status)


SHOWN = {
    "win": frozenset({"amount"}),
    "lose": frozenset({"reason", "comment", "competitor", "try_again_on"}),
    "loss": frozenset({"reason", "comment", "competitor"}),
    "try-again": frozenset({"try_again_on"}),
    "follow": frozenset({"name", "pipeline", "step_title", "step_due"}),
    "offer": frozenset({"offer", "until"}),
    "reopen": frozenset({"stage", "step_title", "step_due", "until", "snooze_reason", "reason"}),
    "snooze": frozenset({"until", "snooze_reason"}),
    "assign": frozenset({"owner"}),
    "pipeline": frozenset({"pipeline"}),
    "special": frozenset({"special"}),
    "help": frozenset({"question", "supervisor", "step_due"}),
}


def _template(act: str) -> str:
    return f"deals/_{act.replace('-', '_')}.html"


def done(request: HttpRequest, deal: Deal, text: str, undo: str | None = None) -> HttpResponse:
    return ended(request, text, f"/deals/{deal.pk}", undo)


@require_http_methods(["GET", "HEAD", "POST"])
def win(request: HttpRequest, pk: int) -> HttpResponse:
    """Close as won; the amount can be set on the way, what else is missing is named."""
    deal = deal_of(request, pk)
    amount = request.POST.get("amount", "").strip()
    if request.method != "POST":
        return act_form(request, "win", deal, missing=_missing(deal))
    try:
        given = forms.typed_number(amount) if amount and deal.amount is None else None
        note = before_closing(deal)
        won = commands.win_deal(pk, amount=given, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "win", deal_of(request, pk), refusal, missing=[])
    text = _("%(deal)s is won: %(amount)s.") % {"deal": won.name, "amount": money(won.amount, won.currency)}
    return done(request, won, text, _undo_of_end(request, note, won))


def _undo_of_end(request: HttpRequest, note: dict[str, Any], closed: Deal) -> str | None:
    arguments = note | {"version": closed.version}
    token = offer(inverse="deals.unclose_deal", arguments=arguments, **acting(request))
    return f"/undo/{token}" if token else None


def _missing(deal: Deal) -> list[str]:
    return [_("Add at least one contact.")] if not deal.parts.exists() else []


@require_http_methods(["GET", "HEAD", "POST"])
def lose(request: HttpRequest, pk: int) -> HttpResponse:
    """Close as lost, with the reason."""
    deal = deal_of(request, pk)
    reasons = forms.loss_reasons()
    if request.method != "POST":
        return act_form(request, "lose", deal, reasons=reasons)
    note = before_closing(deal)
    try:
        lost = commands.lose_deal(
            pk,
            request.POST.get("reason", ""),
            comment=request.POST.get("comment", ""),
            competitor=request.POST.get("competitor", ""),
            try_again_on=request.POST.get("try_again_on", ""),
            version=version_in(request),
            **acting(request),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "lose", deal, refusal, reasons=reasons)
    text = _("%(deal)s is lost.") % {"deal": lost.name}
    return done(request, lost, text, _undo_of_end(request, note, lost))


@require_http_methods(["GET", "HEAD", "POST"])
def loss(request: HttpRequest, pk: int) -> HttpResponse:
    """Say afterwards why a lost deal was lost."""
    deal = deal_of(request, pk)
    reasons = forms.loss_reasons()
    if request.method != "POST":
        slug = deal.loss_reason.slug if deal.loss_reason else ""
        typed = {"reason": slug, "comment": deal.loss_comment, "competitor": deal.competitor}
        return act_form(request, "loss", deal, reasons=reasons, typed=typed)
    given = {name: request.POST.get(name, "") for name in ("comment", "competitor")}
    try:
        commands.correct_loss(
            pk, request.POST.get("reason", ""), **given, version=version_in(request), **acting(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "loss", deal, refusal, reasons=reasons)
    return done(request, deal, _("It is noted why %(deal)s was lost.") % {"deal": deal.name})


@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a closed deal to work, with its next step."""
    deal = deal_of(request, pk)
    choices = {"stages": forms.stages(deal.pipeline_id), "step_types": forms.step_types()}
    if request.method != "POST":
        return act_form(request, "reopen", deal, **choices)
    try:
        opened = commands.reopen_deal(
            pk, **forms.reopening(request.POST), version=version_in(request), **acting(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "reopen", deal, refusal, **choices)
    return done(request, opened, _("%(deal)s is at work again.") % {"deal": opened.name})


@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the deal off until a day."""
    deal = deal_of(request, pk)
    if request.method != "POST":
        return act_form(request, "snooze", deal)
    try:
        commands.snooze_deal(pk, forms.snooze(request.POST), version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        renamed = _renamed(refusal, {"reason": "snooze_reason"})
        return act_form(request, "snooze", deal, renamed)
    return done(request, deal, _("%(deal)s is put off.") % {"deal": deal.name})


def _renamed(refusal: Refusal, names: dict[str, str]) -> Refusal:
    """The same refusal with its fields called as in the dialog."""
    refusal.errors = [Problem(names.get(e.field, e.field), e.code, e.message) for e in refusal.errors]
    return refusal


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a colleague responsible; open tasks go along."""
    deal = deal_of(request, pk)
    owners = forms.owners(request.user)  # type: ignore[arg-type]
    if request.method != "POST":
        return act_form(request, "assign", deal, owners=owners)
    act = acting(request)
    note = undoing.before_assigning([deal])
    try:
        given = commands.assign_deal(pk, request.POST.get("owner", ""), version=version_in(request), **act)
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "assign", deal, refusal, owners=owners)
    undo = None
    if given.owner_id != deal.owner_id:
        undo = offer(inverse="deals.unassign_deals", arguments=note, **act)
    text = _("%(person)s is responsible for %(deal)s now.") % {"person": given.owner.name, "deal": given.name}
    seen = Deal.objects.visible_to(request.user).filter(pk=pk).exists()  # type: ignore[arg-type]
    return ended(request, text, f"/deals/{pk}" if seen else "/deals/board", f"/undo/{undo}" if undo else None)


@require_http_methods(["GET", "HEAD", "POST"])
def pipeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Move an open deal to another line of business, into its first stage."""
    deal = deal_of(request, pk)
    choices = [(p, name) for p, name in forms.pipelines() if p != deal.pipeline_id]
    if request.method != "POST":
        return act_form(request, "pipeline", deal, pipelines=choices)
    try:
        moved = commands.change_pipeline(
            pk, request.POST.get("pipeline", ""), version=version_in(request), **acting(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "pipeline", deal, refusal, pipelines=choices)
    text = _("%(deal)s is now in %(pipeline)s.") % {"deal": moved.name, "pipeline": moved.pipeline.name}
    return done(request, moved, text)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the deal to the recycle bin; whoever deleted it may bring it back."""
    gone = commands.delete_deal(pk, **acting(request))
    undo = offer(inverse="deals.restore_deals", arguments={"deals": [pk]}, **acting(request))
    text = _("%(deal)s is in the recycle bin.") % {"deal": gone.name}
    return ended(request, text, "/deals", f"/undo/{undo}" if undo else None)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    if pk >= 2**63:
        raise NotFound
    back = commands.restore_deal(pk, **acting(request))
    return done(request, back, _("%(deal)s is back.") % {"deal": back.name})
