"""The administrator's pages of people and teams."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand
from takt.kernel.accounts import commands, forms
from takt.kernel.accounts.models import Role, Team, User
from takt.kernel.accounts.queries import team_tree
from takt.kernel.lib.refusals import Invalid, NotFound, Stale
from takt.kernel.ui.toasts import flash


@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """Everybody who works or worked here; a POST lets one more in."""
    demand(acting(request)["by"], "administer")
    if request.method == "GET":
        return _users(request)
    try:
        given = {"language": "", **forms.user_fields(request.POST)}
        typed = request.POST.get("password", "") or None
        user = commands.create_user(**{"email": "", "name": "", **given}, password=typed, **acting(request))
    except Invalid as refusal:
        return _users(request, errors=forms.errors_of(refusal), status=422)
    flash(request, _("%(name)s may now work in Takt.") % {"name": user.name})
    return redirect("accounts:users")


def _users(request: HttpRequest, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    people = User.objects.select_related("team").order_by("-is_active", "sort_key", "pk")
    values = request.POST.dict() if errors else {"role": Role.REP, "language": request.user.language}
    context = {"people": list(people), "values": values, "errors": errors or {}, **_choices()}
    return render(request, "accounts/users.html", context, status=status)


def _choices() -> dict[str, Any]:
    return {
        "roles": Role.choices,
        "teams": [(node.team.pk, node.path) for node in team_tree()],
        "languages": settings.LANGUAGES,
    }


@require_http_methods(["GET", "POST"])
def user(request: HttpRequest, pk: int) -> HttpResponse:
    demand(acting(request)["by"], "administer")
    if request.method == "GET":
        return _user(request, pk)
    try:
        changes = forms.user_fields(request.POST)
        commands.edit_user(pk, changes, version=forms.version_of(request), **acting(request))
    except Invalid as refusal:
        return _user(request, pk, errors=forms.errors_of(refusal), status=422)
    flash(request, _("Saved."))
    return redirect("accounts:user", pk)


@sensitive_post_parameters()
@require_POST
def user_password(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        commands.set_password(pk, request.POST.get("password", ""), **acting(request))
    except Invalid as refusal:
        demand(acting(request)["by"], "administer")
        return _user(request, pk, errors=forms.errors_of(refusal), status=422)
    flash(request, _("The password is set."))
    return redirect("accounts:user", pk)


@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    person = commands.deactivate_user(pk, **acting(request))
    flash(request, _("%(name)s is signed out and can't sign in any more.") % {"name": person.name})
    return redirect("accounts:user", pk)


@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    person = commands.reactivate_user(pk, **acting(request))
    flash(request, _("%(name)s may sign in again.") % {"name": person.name})
    return redirect("accounts:user", pk)


def _user(
    request: HttpRequest, pk: int, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    person = User.objects.filter(pk=pk).first()
    if person is None:
        raise NotFound
    values = {f: getattr(person, f) for f in ("email", "name", "role", "language", "time_zone", "daily_norm")}
    values["team"] = person.team_id
    if errors:
        values |= forms.user_fields(request.POST)
    context = {"person": person, "values": values, "errors": errors or {}, **_choices()}
    return render(request, "accounts/user.html", context, status=status)


@require_http_methods(["GET", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    demand(acting(request)["by"], "administer")
    if request.method == "GET":
        return _teams(request)
    name, parent = request.POST.get("name", ""), forms.number_or_none(request.POST.get("parent", ""))
    try:
        team = commands.create_team(name, parent, **acting(request))
    except Invalid as refusal:
        return _teams(request, errors=forms.errors_of(refusal), status=422)
    flash(request, _("The team %(name)s is added.") % {"name": team.name})
    return redirect("accounts:teams")


def _teams(request: HttpRequest, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    nodes = team_tree()
    context = {
        "nodes": nodes,
        "parents": [(node.team.pk, node.path) for node in nodes],
        "values": request.POST.dict() if errors else {},
        "errors": errors or {},
    }
    return render(request, "accounts/teams.html", context, status=status)


@require_http_methods(["GET", "POST"])
def team(request: HttpRequest, pk: int) -> HttpResponse:
    demand(acting(request)["by"], "administer")
    if request.method == "GET":
        return _team(request, pk)
    parent = forms.number_or_none(request.POST.get("parent", ""))
    try:
        changes = {"name": request.POST.get("name", ""), "parent": parent}
        commands.edit_team(pk, changes, version=forms.version_of(request), **acting(request))
    except Stale as refusal:
        return _team(request, pk, errors={"": str(refusal.detail)}, status=409)
    except Invalid as refusal:
        return _team(request, pk, errors=forms.errors_of(refusal), status=422)
    flash(request, _("Saved."))
    return redirect("accounts:teams")


def _team(
    request: HttpRequest, pk: int, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    row = Team.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    values = request.POST.dict() if errors else {"name": row.name, "parent": row.parent_id}
    context = {
        "team": row,
        "parents": [(node.team.pk, node.path) for node in team_tree() if node.team.pk != pk],
        "values": values,
        "errors": errors or {},
    }
    return render(request, "accounts/team.html", context, status=status)
