"""The mark of a special opportunity on a deal, and the setting from which stage on it needs an approval."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.undo.commands import offer
from takt.sales.deals.commands import special as commands
from takt.sales.deals.queries import pipelines as queries
from takt.sales.deals.queries.special import special_kinds
from takt.sales.deals.views.acts import act_form, deal_of, done
from takt.sales.deals.views.pipelines import ALL, for_editors
from takt.sales.deals.views.pipelines import done as saved


@require_http_methods(["GET", "HEAD", "POST"])
def special(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose why a deal is a special opportunity, or make it an ordinary one."""
    deal = deal_of(request, pk)
    typed = request.POST.getlist("special")
    chosen = set(typed) if request.method == "POST" else {str(r) for r in deal.special}
    context = {"kinds": special_kinds(besides=deal.special), "chosen": chosen}
    if request.method != "POST":
        return act_form(request, "special", deal, **context)
    before = list(deal.special)
    try:
        marked = commands.set_special(pk, typed, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        return act_form(request, "special", deal, refusal, **context)
    undo = None
    if marked.special != before:
        note = {"deal": pk, "reasons": before, "version": marked.version}
        token = offer(inverse="deals.set_special", arguments=note, **acting(request))
        undo = f"/undo/{token}" if token else None
    text = _("%(deal)s is a special opportunity.") if marked.special else _("%(deal)s is an ordinary deal.")
    return done(request, marked, text % {"deal": marked.name}, undo)


@require_POST
@for_editors
def approval_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """From which stage on special opportunities need an approval, and whose."""
    row = queries.found_pipeline(pk)
    given = request.POST
    approvers: dict[str, Any] = {
        "kind": given.get("by", ""),
        "role": given.get("role", ""),
        "people": given.getlist("people"),
    }
    before = {"stage": row.approval_stage_id, "approvers": row.approval_by}
    changed = commands.set_approval_rule(
        row, given.get("stage", ""), approvers, version=version_in(request), **acting(request)
    )
    undo = None
    if changed.version != row.version:
        note = {"pipeline": pk, "version": changed.version, **before}
        undo = offer(inverse="deals.set_approval_rule", arguments=note, **acting(request))
    return saved(request, _("Saved."), f"{ALL}/{pk}", undo)
