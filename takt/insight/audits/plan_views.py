"""The page of the weekly plan: what of it is done and left, and the rounds that it is drawn up from."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.insight.audits import commands, planned
from takt.insight.audits.commands.planning import MOST_SAMPLE
from takt.insight.audits.rules import week_of
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand, may
from takt.kernel.accounts.acts import MAY
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.sales.deals.forms import problems, whole_id
from takt.sales.deals.queries.gates import today_of

WEEK = dt.timedelta(days=7)
USUAL = 10


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """The week's plan; a POST sets a round, which is planned at once."""
    by = acting(request)["by"]
    demand(by, "audit")
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            _set_round(request)
        except Forbidden:
            raise
        except Refusal as refused:
            refusal = refused
        else:
            flash(request, _("The weekly audit is planned."))
            return HttpResponseRedirect("/audit/plan", status=303)
    user: Any = request.user
    today = today_of(acting(request)["at"])
    week = _week(request.GET.get("week", ""), today)
    parts = planned.plan_of(user, week)
    is_manager = may(user, "edit_pipelines")
    auditors = User.objects.filter(role__in=MAY["audit"], is_active=True).order_by("sort_key", "pk")
    auditors = auditors if is_manager else auditors.filter(pk=user.pk)
    context = {
        "week": week,
        "earlier": f"/audit/plan?week={week - WEEK}",
        "later": f"/audit/plan?week={week + WEEK}" if week + WEEK <= today else "",
        "parts": parts,
        "done": sum(part.is_done for part in parts),
        "rounds": planned.rounds_of(user),
        "auditors": list(auditors.values_list("pk", "name")),
        "teams": [
            ("", _("Everybody within reach")),
            *Team.objects.order_by("name").values_list("pk", "name"),
        ],
        "typed": request.POST or {"sample": USUAL, "auditor": user.pk},
        "most": MOST_SAMPLE,
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "audits/plan.html", context, status=refusal.status if refusal else 200)


def _week(text: str, today: dt.date) -> dt.date:
    if not text:
        return week_of(today)
    try:
        return week_of(dt.date.fromisoformat(text))
    except ValueError:
        raise Invalid.field("week", _("Enter a date."), "unreadable") from None


def _set_round(request: HttpRequest) -> None:
    post, act = request.POST, acting(request)
    sample = whole_id(post.get("sample", "").strip())
    if sample is None:
        raise Invalid.field("sample", _("Enter a whole number from 1 to 200."), "unreadable")
    auditor = whole_id(post.get("auditor", "")) or request.user.pk
    commands.set_round(auditor=auditor, team=whole_id(post.get("team", "")), sample=sample, **act)
    commands.plan_week(today_of(act["at"]), **act)


@require_POST
def start_planned(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a part of the plan, or go on with it."""
    try:
        session = commands.start_planned(pk, **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        flash(request, str(refusal.detail), level="late")
        return HttpResponseRedirect("/audit/plan", status=303)
    return HttpResponseRedirect(f"/audit/{session.pk}", status=303)


@require_POST
def end_round(request: HttpRequest, pk: int) -> HttpResponse:
    """No more of this round from the next week on."""
    commands.end_round(pk, **acting(request))
    flash(request, _("The weekly audit is ended. What is planned stays."))
    return HttpResponseRedirect("/audit/plan", status=303)
