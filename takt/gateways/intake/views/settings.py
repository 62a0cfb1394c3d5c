"""The settings of web forms: what they ask, what came in by them, a try, the address."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.gateways.intake import commands, queries
from takt.gateways.intake.commands.forms import FIRST_FIELDS, state_of
from takt.gateways.intake.models import Submission, WebForm
from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.lists.export import file_of
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer


@require_http_methods(["GET", "HEAD"])
def index(request: HttpRequest) -> HttpResponse:
    demand(acting(request)["by"], "administer")
    return render(request, "intake/index.html", {"forms": queries.web_forms()})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new form, empty but for its usual fields."""
    demand(acting(request)["by"], "administer")
    if request.method != "POST":
        return _edit(request, None)
    try:
        row = commands.create_web_form(**_posted(request), **acting(request))
    except Refusal as refusal:
        return _edit(request, None, refusal)
    flash(request, _("%(name)s was added.") % {"name": row.name})
    return HttpResponseRedirect(f"/settings/web-forms/{row.pk}", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One form's settings, its address and what came in by it."""
    demand(acting(request)["by"], "administer")
    row = _found(pk)
    if request.method != "POST":
        return _edit(request, row)
    before = state_of(row)
    try:
        changed = commands.edit_web_form(pk, _posted(request), version=version_in(request), **acting(request))
    except Refusal as refusal:
        return _edit(request, _found(pk), refusal)
    _saved(request, changed, before)
    return HttpResponseRedirect(f"/settings/web-forms/{pk}", status=303)


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a form off or on again."""
    demand(acting(request)["by"], "administer")
    row = _found(pk)
    before = state_of(row)
    _saved(request, commands.edit_web_form(pk, {"is_active": not row.is_active}, **acting(request)), before)
    return HttpResponseRedirect(f"/settings/web-forms/{pk}", status=303)


def _saved(request: HttpRequest, row: WebForm, before: dict[str, Any]) -> None:
    arguments = {"form": row.pk, "state": before, "version": row.version}
    token = offer(inverse="intake.restore_web_form", arguments=arguments, **acting(request))
    flash(request, _("Saved."), f"/undo/{token}")


def _found(pk: int) -> WebForm:
    row = WebForm.objects.select_related("pipeline").filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


def _posted(request: HttpRequest) -> dict[str, Any]:
    """The form's settings as typed; the asked fields come in the order of their numbers."""
    post = request.POST
    names = ("name", "pipeline", "stage", "type", "source", "task_type", "task_title", "task_minutes")
    found: dict[str, Any] = {
        n: post.get(n, "") for n in (*names, "consent", "thanks", "redirect_url", "language")
    }
    asked = [n.removeprefix("shown_") for n in post if n.startswith("shown_")]
    asked.sort(key=lambda n: int(o) if (o := post.get(f"place_{n}", "")).isdecimal() and len(o) < 5 else 99)
    found["fields"] = [
        {"name": n, "label": post.get(f"label_{n}", ""), "is_required": f"required_{n}" in post}
        for n in asked
    ]
    found["owners"], found["sites"] = post.getlist("owners"), post.get("sites", "").split()
    return found


def _edit(request: HttpRequest, row: WebForm | None, refusal: Refusal | None = None) -> HttpResponse:
    if isinstance(refusal, Forbidden | NotFound):
        raise refusal
    first = {
        "fields": FIRST_FIELDS,
        "task_minutes": 60,
        "task_type": "call",
        "language": settings.LANGUAGE_CODE,
    }
    state: dict[str, Any] = state_of(row) if row else first
    if refusal:
        state = state | _posted(request)
    errors = {e.field: e.message for e in refusal.errors} if refusal else {}
    page, outcome = request.GET.get("before", ""), request.GET.get("outcome", "")
    context = {
        "row": row,
        "state": state,
        "choices": queries.choices(state),
        "errors": errors,
        "sentences": [refusal.detail] if refusal and not errors else [],
        "version": request.POST.get("version") or (row.version if row else ""),
        "address": request.build_absolute_uri(row.path) if row else "",
        "received": queries.received(row, int(page) if page.isdecimal() and len(page) < 18 else None, outcome)
        if row
        else None,
        "outcomes": [("", _("Everything")), *Submission.Outcome.choices],
        "outcome": outcome,
        "secret": queries.secret_of(row) if row else "",
    }
    return render(request, "intake/edit.html", context, status=refusal.status if refusal else 200)


@require_POST
def renew_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a form another address and secret; the old ones end at once."""
    demand(acting(request)["by"], "administer")
    before = _found(pk)
    row = commands.renew_key(pk, **acting(request))
    arguments = {"form": pk, "key": before.key, "version": row.version}
    token = offer(inverse="intake.restore_key", arguments=arguments, **acting(request))
    flash(request, _("The form has another address now."), f"/undo/{token}")
    return HttpResponseRedirect(f"/settings/web-forms/{pk}", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def try_form(request: HttpRequest, pk: int) -> HttpResponse:
    """What an answer would become: everything is carried out and nothing of it kept."""
    demand(acting(request)["by"], "administer")
    row = _found(pk)
    context: dict[str, Any] = {
        "row": row, "fields": queries.shown_fields(row), "typed": {}, "errors": {}, "sentences": [], "found": None
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "intake/try.html", context)
    context["typed"], status = request.POST, 200
    try:
        commands.try_web_form(pk, request.POST, **acting(request))
    except commands.Tried as tried:
        context["found"] = tried
    except Invalid as refusal:
        context["errors"] = {e.field: e.message for e in refusal.errors}
        context["sentences"] = [] if context["errors"] else [refusal.detail]
        status = refusal.status
    return render(request, "intake/try.html", context, status=status)


@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came in by a form, as a file; what visitors typed stands with the deals."""
    demand(acting(request)["by"], "administer")
    row = _found(pk)
    header = [
        _("When"),
        _("Outcome"),
        _("Reason"),
        _("Deal"),
        _("Known customer"),
        _("Where from"),
        _("Consent"),
    ]
    kinds = ["datetime", *["text"] * 6]
    return file_of("csv", "web-form-answers", header, kinds, _answers(row, request.GET.get("outcome", "")))


def _answers(row: WebForm, outcome: str) -> Iterator[list[Any]]:
    for one in queries.submissions(row, outcome).select_related("deal").iterator(500):
        campaign = ", ".join(f"{name}={value}" for name, value in one.campaign.items())
        yield [
            one.at, one.get_outcome_display(), one.reason, one.deal.name if one.deal else "",
            _("yes") if one.is_known_customer else "", campaign, one.consent,
        ]  # fmt: skip
