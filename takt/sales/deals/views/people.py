"""The colleagues of a deal: shared with, taking part, watching."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.models import Grant
from takt.kernel.access.reach import who_may
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.sales.deals import commands
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.people import around, live_grants
from takt.sales.deals.views.completing import ended, place_of

MOST_PEOPLE = 500


def _deal(request: HttpRequest, pk: int) -> Any:
    return Deal.objects.found(pk, by=request.user)


@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who takes part, who watches and with whom it is shared, as a fragment."""
    return render(request, "deals/_people.html", {"around": around(_deal(request, pk), request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a colleague see or edit this one deal."""
    deal = _deal(request, pk)
    if request.method != "POST":
        return _form(request, "share", deal)
    given = request.POST
    try:
        grant = commands.share_deal(
            pk,
            given.get("user", ""),
            level=given.get("level", "view"),
            expires_on=given.get("expires_on") or None,
            **acting(request),
        )
    except Refusal as refusal:
        return _form(request, "share", deal, refusal)
    return ended(request, _("The deal is shared with %(name)s.") % {"name": grant.user.name}, f"/deals/{pk}")


@require_POST
def unshare(request: HttpRequest, pk: int, user: int) -> HttpResponse:
    commands.unshare_deal(pk, user, **acting(request))
    gone = user == request.user.pk and not Deal.objects.visible_to(_again(request)).filter(pk=pk).exists()
    return ended(request, _("The share is taken back."), "/deals" if gone else f"/deals/{pk}")


def _again(request: HttpRequest) -> User:
    """The person as the database knows him now, after his own right has changed."""
    return User.objects.get(pk=request.user.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def participants(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a colleague into the deal."""
    deal = _deal(request, pk)
    if request.method != "POST":
        return _form(request, "participants", deal)
    given = request.POST
    try:
        role = given.get("role", "")
        grant = commands.add_participant(pk, given.get("user", ""), role=role, **acting(request))
    except Refusal as refusal:
        return _form(request, "participants", deal, refusal)
    return ended(request, _("%(name)s takes part in the deal.") % {"name": grant.user.name}, f"/deals/{pk}")


@require_POST
def remove_participant(request: HttpRequest, pk: int, user: int) -> HttpResponse:
    commands.remove_participant(pk, user, **acting(request))
    gone = user == request.user.pk and not Deal.objects.visible_to(_again(request)).filter(pk=pk).exists()
    return ended(request, _("No longer takes part in the deal."), "/deals" if gone else f"/deals/{pk}")


@require_http_methods(["GET", "HEAD", "POST"])
def watchers(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a colleague to watch the deal."""
    deal = _deal(request, pk)
    if request.method != "POST":
        return _form(request, "watchers", deal)
    try:
        commands.watch_deal(pk, request.POST.get("user", ""), **acting(request))
    except Refusal as refusal:
        return _form(request, "watchers", deal, refusal)
    return ended(request, _("The colleague will be told of what happens to this deal."), f"/deals/{pk}")


@require_POST
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of what happens to the deal, or no longer; the panel as it then is."""
    is_on = request.POST.get("on") == "1"
    user = request.POST.get("user") or None
    if is_on:
        commands.watch_deal(pk, user, **acting(request))
    elif user is not None and not (user.isascii() and user.isdigit() and len(user) < 19):
        raise NotFound
    else:
        commands.unwatch_deal(pk, user, **acting(request))
    if request.headers.get("HX-Request"):
        return people_again(request, pk)
    text = (
        _("You will be told of what happens to this deal.") if is_on else _("You watch this deal no longer.")
    )
    return ended(request, text, f"/deals/{pk}")


def people_again(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "deals/_people.html", {"around": around(_deal(request, pk), request.user)})


def _form(request: HttpRequest, act: str, deal: Deal, refusal: Refusal | None = None) -> HttpResponse:
    if refusal is not None and refusal.status == 404:
        raise refusal
    known = {"user", "level", "expires_on", "role"}
    errors = {e.field: e.message for e in refusal.errors if e.field in known} if refusal else {}
    titles = {
        "share": _("Share with a colleague"),
        "participants": _("Who takes part"),
        "watchers": _("Who watches"),
    }
    others = User.objects.filter(is_active=True).exclude(pk=request.user.pk).order_by("sort_key")
    if act == "share":
        # Who may edit it anyway needs no share; with whom it is shared may be given another level.
        shared = set(live_grants(deal.pk, Grant.Why.SHARE).values_list("user_id", flat=True))
        others = others.exclude(pk__in=who_may("deal", deal.pk, deal.owner_id, "edit") - shared)
    context = {
        "deal": deal,
        "act": act,
        "title": titles[act],
        "form": "deals/_colleague.html",
        "typed": request.POST,
        "errors": errors,
        "sentences": [refusal.detail] if refusal and not errors else [],
        "colleagues": [("", "–"), *others.values_list("pk", "name")[:MOST_PEOPLE]],
        "levels": Grant.Level.choices,
        "is_page": place_of(request) == "page",
        "version": deal.version,
    }
    template = "deals/act.html" if context["is_page"] else "deals/_colleague.html"
    return render(request, template, context, status=refusal.status if refusal else 200)
