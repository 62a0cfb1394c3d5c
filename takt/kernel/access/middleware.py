"""Who is asking, in which language and zone; refusals as answers; a repeat answered once."""

import datetime as dt
import hashlib
import zoneinfo
from collections.abc import Callable
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.queries import user_of_token
from takt.kernel.events.models import IdempotencyKey
from takt.kernel.lib.refusals import Invalid, NotFound, Refusal, Stale
from takt.kernel.ui.toasts import toast

type Next = Callable[[HttpRequest], HttpResponse]

PUBLIC = (
    "/sign-in",
    "/set-up",
    "/healthz",
    "/readyz",
    "/static/",
    "/api/v1/",
    "/manifest.webmanifest",
    "/service-worker.js",
    "/offline",
    "/f/",  # web forms: anybody fills them in
    "/notifications/count",  # asked by the page itself: it must not send a person with a half-written form away
)


def signed_in(get_response: Next) -> Next:
    """Session or token; strangers go to the sign-in page, programs get 401 from the API itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.token = None  # type: ignore[attr-defined]
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith("Bearer ") and request.path.startswith("/api/"):
            user, token = user_of_token(bearer[7:])
            request.user, request.token = user, token  # type: ignore[attr-defined, assignment]
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        user = request.user
        if user.is_authenticated:
            language = getattr(user, "language", "") or settings.LANGUAGE_CODE
            zone = getattr(user, "time_zone", "")
        elif request.path.startswith(PUBLIC):
            language, zone = (
                request.COOKIES.get("language") or translation.get_language_from_request(request),
                "",
            )
            if not translation.check_for_language(language):
                language = settings.LANGUAGE_CODE
        else:
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": settings.LOGIN_URL})
            return HttpResponse(
                status=302,
                headers={"Location": f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}"},
            )
        with translation.override(language), timezone.override(_zone(zone)):
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
        if user.is_authenticated and not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _zone(name: str) -> dt.tzinfo:
    if name:
        try:
            return zoneinfo.ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    return timezone.get_default_timezone()


class refusals:
    """A refusal that no view answered: an error page, or a toast where a fragment was asked for."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, refusal: Exception) -> HttpResponse | None:
        if not isinstance(refusal, Refusal):
            return None
        if "application/json" in request.headers.get("Accept", ""):
            return problem(refusal)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=refusal.status, headers={"HX-Reswap": "none"})
            return toast(response, sentence_of(refusal), level="late")
        page = "404.html" if isinstance(refusal, NotFound) else "refused.html"
        return render(
            request, page, {"refusal": refusal, "sentence": sentence_of(refusal)}, status=refusal.status
        )


def sentence_of(refusal: Refusal) -> str:
    """The refusal as a person reads it: what is wrong, every item of it."""
    items = [str(e.message) for e in refusal.errors]
    return " ".join(dict.fromkeys([str(refusal.detail), *items]))


def problem(refusal: Refusal) -> JsonResponse:
    """The refusal as an RFC 9457 problem document."""
    items = refusal.changes if isinstance(refusal, Stale) else refusal.errors
    body = {
        "type": "about:blank",
        "title": str(refusal.title),
        "status": refusal.status,
        "detail": str(refusal.detail),
        "code": refusal.code,
        "errors": [{"field": e.field, "code": e.code, "message": str(e.message)} for e in items],
    }
    return JsonResponse(body, status=refusal.status, content_type="application/problem+json")


def once(get_response: Next) -> Next:
    """A POST with an Idempotency-Key (or a form's `_key`) is carried out once per user and route."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not request.user.is_authenticated:
            return get_response(request)
        key = request.headers.get("Idempotency-Key") or (
            request.POST.get("_key", "") if _is_form(request) else ""
        )
        if not key:
            return get_response(request)
        if len(key) > 200:
            return problem(_too_long())
        return _carry_out_once(request, key, get_response)

    return middleware


def _is_form(request: HttpRequest) -> bool:
    return (request.content_type or "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )


def _too_long() -> Refusal:
    return Invalid.field("Idempotency-Key", _("The key is longer than 200 characters."), "too_long")


def _carry_out_once(request: HttpRequest, key: str, get_response: Next) -> HttpResponse:
    body_hash = _body_hash(request)
    user = int(request.user.pk or 0)
    with transaction.atomic():
        IdempotencyKey.objects.bulk_create(
            [
                IdempotencyKey(
                    user=user,
                    route=request.path[:300],
                    key=key,
                    body_hash=body_hash,
                    at=dt.datetime.now(dt.UTC),
                )
            ],
            ignore_conflicts=True,
        )
        row = IdempotencyKey.objects.select_for_update().get(user=user, route=request.path[:300], key=key)
        if row.status:
            if row.body_hash != body_hash:
                return problem(_reused())
            return HttpResponse(
                bytes(row.body), status=row.status, headers={**row.headers, "Idempotent-Replay": "true"}
            )
        response = get_response(request)
        if response.status_code >= 400 or response.streaming:
            row.delete()
        else:
            row.status, row.body = response.status_code, response.content
            row.headers = {
                k: v
                for k, v in response.headers.items()
                if k in {"Content-Type", "Location", "ETag", "HX-Redirect", "HX-Trigger"}
            }
            row.save(update_fields=["status", "body", "headers"])
        return response


def _body_hash(request: HttpRequest) -> str:
    if _is_form(request):
        fields = sorted((k, v) for k, vs in request.POST.lists() for v in vs if k != "csrfmiddlewaretoken")
        files = sorted((k, f.name or "", f.size or 0) for k, fs in request.FILES.lists() for f in fs)
        return hashlib.sha256(repr((fields, files)).encode()).hexdigest()
    return hashlib.sha256(request.body).hexdigest()


def _reused() -> Refusal:
    return Invalid(
        _("This Idempotency-Key was already used with another request body."), code="idempotency_key_reused"
    )
