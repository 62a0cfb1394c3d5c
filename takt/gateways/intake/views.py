"""The public page of a web form, and the settings of all of them."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from takt.gateways.intake import commands, queries, rules
from takt.gateways.intake.commands.forms import FIRST_FIELDS, state_of
from takt.gateways.intake.models import WebForm
from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.middleware import problem
from takt.kernel.access.reach import demand
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer

SALT = "takt.web-form"


@csrf_exempt  # a frame on another site has no cookie of ours; the signed moment of the page stands for it
@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, key: str) -> HttpResponse:
    """The form for anybody; a POST, as a form or as JSON, is one answer."""
    form = WebForm.objects.filter(key=key, is_active=True).first()
    if form is None:
        raise NotFound
    with translation.override(form.language):
        response = _answered(request, form) if request.method == "POST" else _page(request, form)
    response["Content-Language"], response["Cache-Control"] = form.language, "no-store"
    target = rules.origin_of(form.redirect_url) if form.redirect_url else None
    response._csp_config = {  # type: ignore[attr-defined]
        **settings.SECURE_CSP,
        "frame-ancestors": form.sites or [CSP.NONE],
        "form-action": [CSP.SELF, target] if target else [CSP.SELF],
    }
    return response


def _page(
    request: HttpRequest, form: WebForm, refusal: Refusal | None = None, nonce: str = ""
) -> HttpResponse:
    typed: Mapping[str, Any] = request.POST if refusal else request.GET
    errors = {e.field: e.message for e in refusal.errors} if refusal else {}
    context = {
        "form": form,
        "fields": queries.shown_fields(form),
        "typed": typed if refusal else {},
        "campaign": rules.campaign_in(typed),
        "errors": errors,
        "sentences": [refusal.detail] if refusal and not errors else [],
        "trap": rules.TRAP,
        "nonce": nonce or signing.dumps(uuid.uuid4().hex, salt=SALT),
    }
    return render(request, "intake/form.html", context, status=refusal.status if refusal else 200)


def _answered(request: HttpRequest, form: WebForm) -> HttpResponse:
    is_json = request.content_type == "application/json"
    signed = ""
    try:
        given, nonce, is_robot = _json(request) if is_json else _typed(request)
        signed = "" if is_json else str(given.get("nonce", ""))
        _receive(request, form, given, nonce, is_robot)
    except Refusal as refusal:
        return problem(refusal) if is_json else _page(request, form, refusal, signed)
    thanks = form.thanks or _("Thank you. We will get in touch with you.")
    if is_json:
        return JsonResponse({"status": "received", "message": thanks}, status=201)
    if form.redirect_url:
        return HttpResponseRedirect(form.redirect_url, status=303)
    return render(request, "intake/thanks.html", {"form": form, "thanks": thanks})


def _receive(
    request: HttpRequest, form: WebForm, given: Mapping[str, Any], nonce: str, is_robot: bool
) -> None:
    act: dict[str, Any] = {
        "nonce": nonce,
        "address": request.META.get("REMOTE_ADDR", ""),
        "by": Actor(user=None, via=f"form:{form.pk}"),
        "at": dt.datetime.now(dt.UTC),
    }
    try:
        commands.receive(form.pk, given, is_robot=is_robot, **act)
    except Invalid as refusal:
        commands.note_refused(form.pk, ", ".join(e.field for e in refusal.errors), **act)
        raise


def _too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > rules.BODY_BYTES


def _json(request: HttpRequest) -> tuple[Mapping[str, Any], str, bool]:
    """An answer from another program; its Idempotency-Key makes a repeat the same answer."""
    if _too_large(request):
        raise Invalid(_("This is too long."), code="too_long")
    try:
        given = json.loads(request.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Invalid(_("Send one JSON object."), code="unreadable")
    key = request.headers.get("Idempotency-Key", "")
    nonce = uuid.uuid5(uuid.NAMESPACE_OID, key).hex if key else uuid.uuid4().hex
    return given, f"json:{nonce}", bool(given.get(rules.TRAP))


def _typed(request: HttpRequest) -> tuple[Mapping[str, Any], str, bool]:
    """An answer from the page: by the signed moment of it, what is sent too soon is a robot's."""
    if _too_large(request):
        raise Invalid(_("This is too long."), code="too_long")
    signed = request.POST.get("nonce", "")
    old = _("This page stood open for too long. Send it once more.")
    try:
        nonce = str(signing.loads(signed, salt=SALT, max_age=rules.MOST_SECONDS))
    except signing.BadSignature:
        raise Invalid(old, code="expired") from None
    is_soon = True
    try:
        signing.loads(signed, salt=SALT, max_age=rules.LEAST_SECONDS)
    except signing.SignatureExpired:
        is_soon = False
    return request.POST, nonce, is_soon or bool(request.POST.get(rules.TRAP))


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
    page = request.GET.get("before", "")
    context = {
        "row": row,
        "state": state,
        "choices": queries.choices(state),
        "errors": errors,
        "sentences": [refusal.detail] if refusal and not errors else [],
        "version": request.POST.get("version") or (row.version if row else ""),
        "address": request.build_absolute_uri(row.path) if row else "",
        "received": queries.received(row, int(page) if page.isdecimal() and len(page) < 18 else None)
        if row
        else None,
    }
    return render(request, "intake/edit.html", context, status=refusal.status if refusal else 200)
