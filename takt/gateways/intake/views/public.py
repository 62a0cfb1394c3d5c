"""The public page of a web form, and the address to which programs send the same."""

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
from django.utils.crypto import constant_time_compare
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from takt.gateways.intake import commands, queries, rules
from takt.gateways.intake.models import WebForm
from takt.kernel.access.middleware import problem
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal

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
        given, nonce, is_robot = _json(request, form) if is_json else _typed(request)
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


def _json(request: HttpRequest, form: WebForm) -> tuple[Mapping[str, Any], str, bool]:
    """An answer from another program, which shows the form's secret; its Idempotency-Key makes a repeat the same
    answer. Without the secret anybody could send answers past the page's traps for robots."""
    kind, _space, shown = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not constant_time_compare(shown.strip(), queries.secret_of(form)):
        raise Forbidden(_("Send the secret of the form, which stands in its settings, as a bearer token."))
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
