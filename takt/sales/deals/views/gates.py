"""The settings of stage gates, what enforcing them would mean, and the list of what was passed all the same."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Invalid, Refusal
from takt.kernel.ui.awaiting import arrived, waiting
from takt.kernel.undo.commands import offer
from takt.sales.deals import commands, forms, forms_gates, questions
from takt.sales.deals.models import Pipeline
from takt.sales.deals.queries import passings
from takt.sales.deals.queries import pipelines as queries
from takt.sales.deals.queries.gates import today_of
from takt.sales.deals.views.pipelines import ALL, done, for_editors, shown


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def stage_gate(request: HttpRequest, pk: int) -> HttpResponse:
    """What a stage asks for before a deal leaves it: sentences to confirm, automatic checks, required fields."""
    row = queries.found_stage(pk)
    typed = request.POST if request.method == "POST" else None
    context = {
        "title": _("What “%(stage)s” asks for") % {"stage": row.name},
        "back": f"{ALL}/{row.pipeline_id}",
        "goal": f"/settings/stages/{pk}/gate",
        "version": (typed.get("version") if typed else "") or row.version,
        **forms_gates.gate_form(row, typed),
    }
    if request.method != "POST":
        return shown(request, "gate", context)
    try:
        criteria, fields = forms_gates.gate_given(request.POST)
        changed = commands.set_gate(
            row, criteria=criteria, fields=fields, version=version_in(request), **acting(request)
        )
    except Refusal as refusal:
        return shown(request, "gate", context, refusal)
    undo = None
    if changed.way_back is not None:
        undo = offer(inverse="deals.restore_gate", arguments=changed.way_back, **acting(request))
    return done(request, _("Saved."), f"{ALL}/{row.pipeline_id}", undo)


@require_POST
@for_editors
def mode(request: HttpRequest, pk: int) -> HttpResponse:
    """Off and warn hold at once; to enforce, one first sees what it would mean."""
    row = queries.found_pipeline(pk)
    wanted, starts_on = request.POST.get("mode", ""), request.POST.get("starts_on", "")
    is_confirmed = "confirmed" in request.POST
    if row.gate_mode != wanted == Pipeline.GateMode.ENFORCE and not is_confirmed:
        return _preview(request, row, starts_on)
    try:
        changed = commands.set_gate_mode(
            row,
            wanted,
            starts_on=starts_on,
            is_confirmed=True,
            version=version_in(request),
            **acting(request),
        )
    except Invalid as refusal:
        return _preview(request, row, starts_on, refusal)
    undo = None
    if changed.version != row.version:
        before = {"mode": row.gate_mode, "starts_on": row.gate_from.isoformat() if row.gate_from else None}
        note = {"pipeline": pk, "version": changed.version, **before}
        undo = offer(inverse="deals.restore_gate_mode", arguments=note, **acting(request))
    return done(request, _("Saved."), f"{ALL}/{pk}", undo)


@require_safe
@for_editors
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What enforcing the gates would mean for the deals that are open today; an administrator confirms it here."""
    return _preview(request, queries.found_pipeline(pk), request.GET.get("starts_on", ""))


def _preview(
    request: HttpRequest, row: Pipeline, starts_on: str, refusal: Refusal | None = None
) -> HttpResponse:
    at = acting(request)["at"]
    found, kept = questions.gate_preview(row, user=request.user, at=at)  # type: ignore[arg-type]
    if found is None:
        return waiting(request, _("%(pipeline)s: What enforcing would mean") % {"pipeline": row.name})
    if answered := arrived(request):
        return answered
    context = {
        "pipeline": row,
        "preview": found,
        "kept": kept,
        "most": passings.MOST_JUDGED,
        "is_admin": may(request.user, "administer"),  # type: ignore[arg-type]
        "starts_on": starts_on,
        "today": today_of(at),
        **(forms.problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    status = refusal.status if refusal else 200
    return render(request, "deals/pipelines/preview.html", context, status=status)


@require_safe
def passed(request: HttpRequest) -> HttpResponse:
    """Gates that deals passed although something was missing: forced, warned, or won without being confirmed."""
    user: Any = request.user
    if not may(user, "pass_gates") and owners_within(user, "deal", "edit") == frozenset():
        raise Forbidden
    kind = request.GET.get("kind", "forced")
    asked = {
        "kind": "" if kind not in passings.KINDS else kind,
        "pipeline": forms.whole_id(request.GET.get("pipeline", "")),
        "person": forms.whole_id(request.GET.get("person", "")),
    }
    found = passings.passings(user, **asked, cursor=request.GET.get("cursor", ""))  # type: ignore[arg-type]
    query = request.GET.copy()
    if found.cursor:
        query["cursor"] = found.cursor
    owners = owners_within(user, "deal")
    people = User.objects.filter(is_active=True).order_by("sort_key")
    people = people if owners is None else people.filter(pk__in=owners)
    context = {
        "rows": found.rows,
        "more": f"{request.path}?{query.urlencode()}" if found.cursor else "",
        "asked": asked,
        "kind": kind,
        "kinds": [
            ("forced", _("Forced")),
            ("warned", _("Passed with a warning")),
            ("won", _("Won, not confirmed")),
            ("all", _("All")),
        ],
        "pipelines": [("", _("All pipelines")), *forms.pipelines()],
        "people": [("", _("Everybody")), *people.values_list("pk", "name")],
    }
    is_more = bool(request.GET.get("cursor")) and bool(request.headers.get("HX-Request"))
    return render(request, "deals/_passings.html" if is_more else "deals/passings.html", context)
