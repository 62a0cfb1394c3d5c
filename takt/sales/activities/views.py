"""Who is away, and who stands in."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.accounts.models import Absence
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.activities import commands, queries

HOME = "/settings/absences"
FIELDS = ("user", "from_on", "until_on", "deputy", "note")


@require_http_methods(["GET", "HEAD", "POST"])
def absences(request: HttpRequest) -> HttpResponse:
    """The absences one may know of, and a form for another."""
    if request.method != "POST":
        return _list(request, {"user": request.user.pk})
    given = {field: request.POST.get(field, "") for field in FIELDS}
    try:
        made = commands.record_absence(**given, **acting(request))
    except (Forbidden, NotFound):
        raise
    except Refusal as refusal:
        return _list(request, given, refusal)
    flash(request, _("The absence of %(name)s is recorded.") % {"name": made.user.name})
    return HttpResponseRedirect(HOME, status=303)


def _list(request: HttpRequest, values: dict[str, Any], refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "rows": queries.absences_of(request.user, at=acting(request)["at"]),
        "people": [(person.pk, person.name) for person in queries.people_kept_by(request.user)],
        **_form(values, refusal),
    }
    return render(request, "activities/absences.html", context, status=refusal.status if refusal else 200)


def _form(values: dict[str, Any], refusal: Refusal | None) -> dict[str, Any]:
    return {
        "deputies": [(person.pk, person.name) for person in queries.possible_deputies()],
        "values": values,
        "errors": {problem.field: problem.message for problem in refusal.errors} if refusal else {},
        "sentence": refusal.detail if refusal and not refusal.errors else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Other days or another deputy."""
    act = acting(request)
    row = Absence.objects.select_related("user", "deputy").filter(pk=pk).first()
    shown = queries.away(row, request.user, at=act["at"]) if row else None
    if row is None or shown is None or not shown.is_changeable:
        raise NotFound
    values = {f: getattr(shown, f) for f in ("from_on", "until_on", "deputy", "note")}
    refused = None
    if request.method == "POST":
        values = {field: request.POST.get(field, "") for field in values}
        try:
            commands.change_absence(pk, values, version=version_in(request), **act)
        except (Forbidden, NotFound):
            raise
        except Refusal as refusal:
            refused = refusal
        else:
            flash(request, _("Saved."))
            return HttpResponseRedirect(HOME, status=303)
    context = {"row": shown, **_form(values, refused)}
    return render(request, "activities/absence.html", context, status=refused.status if refused else 200)


@require_POST
def end_absence(request: HttpRequest, pk: int) -> HttpResponse:
    row = Absence.objects.filter(pk=pk).first()
    ended = commands.end_absence(pk, **acting(request))
    back = {"absence": pk, "ends_at": row.ends_at.isoformat()} if row else {}
    undo = offer(inverse="activities.resume_absence", arguments=back, **acting(request))
    is_early = ended.cancelled_at is None
    text = _("The absence of %(name)s is over.") if is_early else _("The absence of %(name)s is cancelled.")
    flash(request, text % {"name": ended.user.name}, f"/undo/{undo}" if undo else None)
    return HttpResponseRedirect(HOME, status=303)
