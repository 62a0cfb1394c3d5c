"""The settings of what deals choose from: types of deal, and reasons for losing."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.ui.toasts import toast
from takt.kernel.undo.commands import offer
from takt.sales.deals.commands import choices as commands
from takt.sales.deals.commands import special
from takt.sales.deals.forms import problems
from takt.sales.deals.models import DealType, LossReason, SpecialKind
from takt.sales.deals.queries import pipelines as queries
from takt.sales.deals.views.pipelines import done, for_editors, in_dialog, place_in, shown

TYPES = "/settings/deal-types"
REASONS = "/settings/loss-reasons"
SPECIAL = "/settings/special-kinds"


def _page(request: HttpRequest, kind: str, refusal: Refusal | None = None) -> HttpResponse:
    """The list, with the form for one more under it."""
    found = problems(refusal) if refusal else {"errors": {}, "sentences": []}
    context = {**_listed(kind), "typed": request.POST if refusal else {}, **found}
    status = refusal.status if refusal else 200
    return render(request, "deals/pipelines/choices.html", context, status=status)


def _listed(kind: str) -> dict[str, Any]:
    base, rows_of = {
        "types": (TYPES, queries.deal_types),
        "reasons": (REASONS, queries.loss_reasons),
        "special": (SPECIAL, queries.special_kinds),
    }[kind]
    return {"kind": kind, "base": base, "rows": rows_of()}  # type: ignore[operator]


def _found(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


def _moved(request: HttpRequest, kind: str, row: Any) -> HttpResponse:
    listed = _listed(kind)
    if not in_dialog(request):
        return HttpResponseRedirect(listed["base"], status=303)
    names = [r for r in listed["rows"] if not getattr(r, "is_system", False)]
    at = next((place for place, r in enumerate(names, 1) if r.pk == row.pk), 0)
    text = _("%(name)s is number %(place)d of %(all)d now.")
    response = render(request, "deals/pipelines/_choices.html", listed)
    return toast(response, text % {"name": row.name, "place": at, "all": len(names)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def deal_types(request: HttpRequest) -> HttpResponse:
    """The types of deal; a POST adds one."""
    if request.method != "POST":
        return _page(request, "types")
    try:
        row = commands.add_deal_type(name=request.POST.get("name", ""), **acting(request))
    except Refusal as refusal:
        return _page(request, "types", refusal)
    return done(request, _("%(name)s was added.") % {"name": row.name}, TYPES)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def deal_type(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a type of deal."""
    row = _found(DealType, pk)
    context = {
        "title": _("Edit the type of deal"),
        "back": TYPES,
        "goal": f"{TYPES}/{pk}",
        "kind": "types",
        "typed": {"name": row.name} | request.POST.dict(),
        "version": row.version,
    }
    if request.method != "POST":
        return shown(request, "choice", context)
    try:
        changes = {"name": request.POST.get("name", "")}
        commands.edit_deal_type(pk, changes, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return shown(request, "choice", context, refusal)
    return done(request, _("Saved."), TYPES)


@require_POST
@for_editors
def deal_type_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a type of deal, or offer it no more."""
    changes = {"is_active": request.POST.get("is_active") == "on"}
    row = commands.edit_deal_type(pk, changes, **acting(request))
    back = {"deal_type": pk, "changes": {"is_active": not changes["is_active"]}}
    undo = offer(inverse="deals.edit_deal_type", arguments=back, **acting(request))
    return done(request, _offered(row), TYPES, undo)


def _offered(row: DealType | LossReason | SpecialKind) -> str:
    text = _("%(name)s is offered again.") if row.is_active else _("%(name)s is not offered any more.")
    return text % {"name": row.name}


@require_POST
@for_editors
def place_deal_type(request: HttpRequest, pk: int) -> HttpResponse:
    row = commands.place_deal_type(pk, place_in(request), **acting(request))
    return _moved(request, "types", row)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def loss_reasons(request: HttpRequest) -> HttpResponse:
    """The reasons for losing; a POST adds one."""
    if request.method != "POST":
        return _page(request, "reasons")
    needs_comment = "needs_comment" in request.POST
    try:
        row = commands.add_loss_reason(
            name=request.POST.get("name", ""), needs_comment=needs_comment, **acting(request)
        )
    except Refusal as refusal:
        return _page(request, "reasons", refusal)
    return done(request, _("%(name)s was added.") % {"name": row.name}, REASONS)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def loss_reason(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a reason, or ask for a comment with it."""
    row = _found(LossReason, pk)
    typed = {"name": row.name, "needs_comment": row.needs_comment}
    if request.method == "POST":
        typed = {"name": request.POST.get("name", ""), "needs_comment": "needs_comment" in request.POST}
    context = {
        "title": _("Edit the reason"),
        "back": REASONS,
        "goal": f"{REASONS}/{pk}",
        "kind": "reasons",
        "typed": typed,
        "version": row.version,
    }
    if request.method != "POST":
        return shown(request, "choice", context)
    try:
        commands.edit_loss_reason(pk, typed, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return shown(request, "choice", context, refusal)
    return done(request, _("Saved."), REASONS)


@require_POST
@for_editors
def loss_reason_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a reason, or offer it no more."""
    changes = {"is_active": request.POST.get("is_active") == "on"}
    row = commands.edit_loss_reason(pk, changes, **acting(request))
    back = {"reason": pk, "changes": {"is_active": not changes["is_active"]}}
    undo = offer(inverse="deals.edit_loss_reason", arguments=back, **acting(request))
    return done(request, _offered(row), REASONS, undo)


@require_POST
@for_editors
def place_loss_reason(request: HttpRequest, pk: int) -> HttpResponse:
    row = commands.place_loss_reason(pk, place_in(request), **acting(request))
    return _moved(request, "reasons", row)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def special_kinds(request: HttpRequest) -> HttpResponse:
    """The reasons for which an opportunity is special; a POST adds one."""
    if request.method != "POST":
        return _page(request, "special")
    try:
        row = special.add_special_kind(name=request.POST.get("name", ""), **acting(request))
    except Refusal as refusal:
        return _page(request, "special", refusal)
    return done(request, _("%(name)s was added.") % {"name": row.name}, SPECIAL)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def special_kind(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a reason for which an opportunity is special."""
    row = _found(SpecialKind, pk)
    context = {
        "title": _("Edit the reason"),
        "back": SPECIAL,
        "goal": f"{SPECIAL}/{pk}",
        "kind": "special",
        "typed": {"name": row.name} | request.POST.dict(),
        "version": row.version,
    }
    if request.method != "POST":
        return shown(request, "choice", context)
    try:
        changes = {"name": request.POST.get("name", "")}
        special.edit_special_kind(pk, changes, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return shown(request, "choice", context, refusal)
    return done(request, _("Saved."), SPECIAL)


@require_POST
@for_editors
def special_kind_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer a reason, or offer it no more."""
    changes = {"is_active": request.POST.get("is_active") == "on"}
    row = special.edit_special_kind(pk, changes, **acting(request))
    back = {"kind": pk, "changes": {"is_active": not changes["is_active"]}}
    undo = offer(inverse="deals.edit_special_kind", arguments=back, **acting(request))
    return done(request, _offered(row), SPECIAL, undo)


@require_POST
@for_editors
def place_special_kind(request: HttpRequest, pk: int) -> HttpResponse:
    row = special.place_special_kind(pk, place_in(request), **acting(request))
    return _moved(request, "special", row)
