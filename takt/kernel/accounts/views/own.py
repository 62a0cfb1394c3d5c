"""What everybody sets for himself: profile, password, API tokens; and the index of settings."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may
from takt.kernel.accounts import commands, forms
from takt.kernel.accounts.models import ApiToken, User
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.kernel.ui.toasts import flash

# Address, name, what it is for, and the right it takes ("" is everybody's). Pages of rooms that aren't
# installed are left out.
PAGES = (
    ("/settings/profile", gettext_lazy("Profile"), gettext_lazy("Name, language, theme, password"), ""),
    (
        "/settings/notifications",
        gettext_lazy("Notifications"),
        gettext_lazy("What you are told, by mail too; quiet hours"),
        "",
    ),
    ("/settings/tokens", gettext_lazy("API tokens"), gettext_lazy("Keys for your own programs"), ""),
    ("/settings/absences", gettext_lazy("Absences"), gettext_lazy("Who is away, and who stands in"), ""),
    (
        "/settings/users",
        gettext_lazy("Users"),
        gettext_lazy("Who works in Takt, and in which role"),
        "administer",
    ),
    ("/settings/teams", gettext_lazy("Teams"), gettext_lazy("Who sees whose records"), "administer"),
    (
        "/settings/pipelines",
        gettext_lazy("Pipelines"),
        gettext_lazy("Stages, probabilities, norms"),
        "edit_pipelines",
    ),
    (
        "/settings/fields",
        gettext_lazy("Fields"),
        gettext_lazy("Your own fields on deals, companies, contacts and products"),
        "edit_fields",
    ),
    (
        "/settings/web-forms",
        gettext_lazy("Web forms"),
        gettext_lazy("What visitors of your site fill in becomes deals"),
        "administer",
    ),
    (
        "/settings/products",
        gettext_lazy("Products"),
        gettext_lazy("What is sold, and its prices"),
        "edit_catalog",
    ),
    ("/settings/rates", gettext_lazy("Exchange rates"), gettext_lazy("Rates by date"), "administer"),
    (
        "/settings/source-costs",
        gettext_lazy("Costs of sources"),
        gettext_lazy("What a trade fair, a site or a bought list costs each month"),
        "edit_source_costs",
    ),
    (
        "/settings/demo",
        gettext_lazy("Demo company"),
        gettext_lazy("Remove it and start afresh"),
        "administer",
    ),
    ("/settings/rules", gettext_lazy("Rules"), gettext_lazy("Norms and limits"), "administer"),
    (
        "/settings/customers",
        gettext_lazy("Customers"),
        gettext_lazy("Levels, lost customers, what a card must have"),
        "administer",
    ),
    (
        "/recycle-bin",
        gettext_lazy("Recycle bin"),
        gettext_lazy("What was deleted, and bringing it back"),
        "use_bin",
    ),
    (
        "/settings/mail",
        gettext_lazy("Mail"),
        gettext_lazy("Whether it goes out, and what could not be sent"),
        "administer",
    ),
    (
        "/settings/jobs",
        gettext_lazy("Background work"),
        gettext_lazy("The worker and what failed"),
        "administer",
    ),
)


@cache
def _exists(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True


def pages_of(user: User) -> list[dict[str, Any]]:
    """The pages of settings that a person may open."""
    return [
        {"url": url, "name": name, "about": about}
        for url, name, about, right in PAGES
        if _exists(url) and (not right or may(user, right))
    ]


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/settings.html", {"pages": pages_of(request.user)})


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _profile(request)
    try:
        changes = forms.own_fields(request.POST)
        commands.edit_user(request.user.pk, changes, version=forms.version_of(request), **acting(request))
    except Invalid as refusal:
        return _profile(request, errors=forms.errors_of(refusal), status=422)
    flash(request, _("Saved."))
    return redirect("accounts:profile")


@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    new, current = request.POST.get("password", ""), request.POST.get("current", "")
    try:
        user = commands.set_password(request.user.pk, new, current=current, **acting(request))
    except Invalid as refusal:
        return _profile(request, errors=forms.errors_of(refusal), status=422)
    update_session_auth_hash(request, user)
    flash(request, _("The password is changed. You are signed out everywhere else."))
    return redirect("accounts:profile")


def _profile(request: HttpRequest, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    user = User.objects.get(pk=request.user.pk)
    values = {f: getattr(user, f) for f in ("name", "language", "theme", "time_zone", "daily_norm")}
    values["single_keys"] = "true" if user.single_keys else "false"
    if errors:
        values |= forms.own_fields(request.POST)
    context = {
        "person": user,
        "values": values,
        "errors": errors or {},
        "languages": settings.LANGUAGES,
        "themes": User.Theme.choices,
        "zones": sorted(available_timezones()),
    }
    return render(request, "accounts/profile.html", context, status=status)


@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own keys. A new key is shown in this one answer and never again."""
    if request.method == "GET":
        return _tokens(request)
    name, is_read_only = request.POST.get("name", ""), "is_read_only" in request.POST
    try:
        _row, plain = commands.create_token(name, is_read_only=is_read_only, **acting(request))
    except Refusal as refusal:
        errors = forms.errors_of(refusal) if isinstance(refusal, Invalid) else {"name": str(refusal.detail)}
        return _tokens(request, errors=errors, status=refusal.status)
    return _tokens(request, plain=plain)


def _tokens(
    request: HttpRequest, plain: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    mine = ApiToken.objects.filter(user_id=request.user.pk).order_by("revoked_at", "-id")
    context = {"tokens": list(mine[:100]), "plain": plain, "errors": errors or {}}
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    commands.revoke_token(pk, **acting(request))
    flash(request, _("The token is revoked."))
    return redirect("accounts:tokens")
