"""The door: signing in and out, and the first start."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.accounts import commands, queries, rules
from takt.kernel.accounts.forms import errors_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, NotFound

LANGUAGE_COOKIE, YEAR = "language", 365 * 24 * 3600


def safe_next(address: str) -> str:
    """Where to go after signing in: a page of ours, never another site."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours and "\\" not in address and len(address) < 2000 else "/"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = safe_next(request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(target)
    if request.method == "GET":
        return _door(request, target)
    email, password = request.POST.get("email", "").strip(), request.POST.get("password", "")
    address, at = request.META.get("REMOTE_ADDR", ""), acting(request)["at"]
    stranger = Actor(via="ui")
    if not queries.may_try_sign_in(email, address, at=at):
        sentence = _("Too many tries. Wait a quarter of an hour, then try again.")
        response = _door(request, target, sentence, status=429)
        response.headers["Retry-After"] = str(rules.FAILURE_MINUTES * 60)
        return response
    user = _known(request, email, password)
    if user is None:
        commands.note_sign_in_failure(email, address, by=stranger, at=at)
        return _door(request, target, _("This e-mail and password don't match."), status=422)
    if not queries.may_enter(user):
        return _door(request, target, _("The demo sign-ins are switched off at this address."), status=403)
    login(request, user)  # makes a new session key
    commands.note_sign_in(user, by=Actor(user=user, via="ui"), at=at)
    return redirect(target)


def _known(request: HttpRequest, email: str, password: str) -> User | None:
    if "\x00" in email or len(email) > 254 or len(password) > rules.LONGEST_PASSWORD:
        return None
    found = authenticate(request, username=email, password=password)
    return found if isinstance(found, User) else None


def _door(request: HttpRequest, target: str, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "next": target,
        "error": error,
        "email": request.POST.get("email", "")[:254],
        "languages": settings.LANGUAGES,
    }
    response = render(request, "accounts/sign_in.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGIN_URL)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of pages before sign-in; afterwards the profile says it."""
    response = redirect(
        safe_next(request.POST.get("back", "")) if request.POST.get("back") else settings.LOGIN_URL
    )
    language = request.POST.get("language", "")
    if language in rules.LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time page of the first administrator."""
    if request.user.is_authenticated:
        return redirect("/")
    if queries.is_set_up():
        return _door(request, "/", _("Takt is already set up. Sign in instead."), status=410)
    if not queries.is_set_up_token(token):
        raise NotFound
    if request.method == "GET":
        return _wizard(request, {"language": settings.LANGUAGE_CODE, "template": "simple"})
    posted = {f: request.POST.get(f, "") for f in ("name", "email", "password", "language", "template")}
    at = acting(request)["at"]
    try:
        user = commands.set_up_organisation(**posted, by=Actor(via="ui"), at=at)
    except Invalid as refusal:
        return _wizard(request, posted | {"password": ""}, errors_of(refusal), status=422)
    login(request, user)
    commands.note_sign_in(user, by=Actor(user=user, via="ui"), at=at)
    return redirect("/")


def _wizard(
    request: HttpRequest, values: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "values": values,
        "errors": errors or {},
        "languages": settings.LANGUAGES,
        "templates": [
            ("simple", _("Simple: New, In work, For signing")),
            ("b2b", _("B2B: seven stages from first contact to contract")),
            (
                "enterprise",
                _("Enterprise: as B2B, with BANT, MEDDIC, two contacts and competitors asked for"),
            ),
        ],
    }
    return render(request, "accounts/set_up.html", context, status=status)
