"""The pages of the stand-up and of the practices that work."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from takt.insight.rituals import commands, queries
from takt.insight.rituals.rules import TURN_SECONDS
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.lists.export import file_of
from takt.kernel.settings.queries import value_of
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.deals.forms import all_stages, problems, whole_id
from takt.sales.deals.queries.gates import today_of

ROWS, MOST_ROWS, MOST_EXPORTED = 50, 500, 10_000
DAY = dt.timedelta(days=1)


def _day(request: HttpRequest, today: dt.date) -> dt.date:
    """The day asked for, never one to come; today where none can be read."""
    try:
        day = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return min(max(day, today - 3660 * DAY), today)


def _team(request: HttpRequest, teams: list[tuple[int, str]]) -> int | None:
    """The team asked for, else one's own, else the first; one out of reach is not there."""
    asked = whole_id(request.GET.get("team", ""))
    within = [pk for pk, _name in teams]
    if asked is not None:
        if asked not in within:
            raise NotFound
        return asked
    own = getattr(request.user, "team_id", None)
    return own if own in within else next(iter(within), None)


def _number(text: str) -> int | None:
    """A version or a place, from nought on."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _here(team: int, day: dt.date | None = None) -> str:
    return "/standup?" + urlencode({"team": team} | ({"day": day.isoformat()} if day else {}))


@require_safe
def standup(request: HttpRequest) -> HttpResponse:
    """A team's stand-up of a day, filled from what happened."""
    return _standup(request)


def _standup(request: HttpRequest, refusal: Refusal | None = None, person: int | None = None) -> HttpResponse:
    user: Any = request.user
    if not owners_within(user, "deal") and owners_within(user, "deal") is not None:
        raise Forbidden
    at = acting(request)["at"]
    today = today_of(at)
    day = _day(request, today)
    teams = queries.teams_of(user)
    team = _team(request, teams)
    found = queries.round_of(user, team, day, today) if team is not None else None
    meeting = found.meeting if found else None
    speaker = meeting.speaker if meeting else None
    context = {
        "teams": teams,
        "team": team,
        "day": day,
        "today": today,
        "round": found,
        "meeting": meeting,
        "speaker": speaker,
        "left": TURN_SECONDS - int((at - meeting.turn_at).total_seconds()) if meeting and speaker else 0,
        "may_lead": may(user, "run_rituals") and day == today,
        "earlier": _here(team, day - DAY) if team else "",
        "later": _here(team, day + DAY) if team and day < today else "",
        "stages": [("", _("No stage"))] + (all_stages() if day == today else []),
        "typed": request.POST if refusal else {},
        "typed_of": person,
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "rituals/standup.html", context, status=refusal.status if refusal else 200)


@require_POST
def start_stand_up(request: HttpRequest, team: int) -> HttpResponse:
    try:
        commands.start_stand_up(team, **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        flash(request, refusal.detail, level="late")
    return HttpResponseRedirect(_here(team), status=303)


@require_POST
def pass_turn(request: HttpRequest, team: int) -> HttpResponse:
    """On to the next person; whoever pressed twice finds the round where it is."""
    try:
        row = commands.pass_turn(team, place=_number(request.POST.get("place", "")) or 0, **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        flash(request, refusal.detail, level="late")
    else:
        if row.ended_at is not None:
            flash(request, _("The stand-up is over. Have a good day."))
    return HttpResponseRedirect(f"{_here(team)}#now", status=303)


@require_POST
def say(request: HttpRequest, person: int) -> HttpResponse:
    """A person's words of today; what worked is kept as a practice too where it is wished."""
    post = request.POST
    try:
        commands.say(
            person,
            worked=post.get("worked", ""),
            failed=post.get("failed", ""),
            plan=post.get("plan", ""),
            version=_number(post.get("version", "")),
            is_practice=bool(post.get("keep")),
            stage=whole_id(post.get("stage", "")),
            **acting(request),
        )
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _standup(request, refusal, person)
    flash(request, _("Saved."))
    team = whole_id(post.get("team", ""))
    return HttpResponseRedirect(f"{_here(team)}#person-{person}" if team else "/standup", status=303)


@require_safe
def span(request: HttpRequest) -> HttpResponse:
    """A warning where a team has more people than one can lead; for the page of teams."""
    most = value_of("team.max_first_line")
    teams = queries.large_teams(most) if may(request.user, "administer") else []
    return render(request, "rituals/_span.html", {"large": teams, "most": most})


@require_safe
def practices(request: HttpRequest) -> HttpResponseBase:
    """What worked, to be searched by words, stage and author; as a file with `export`."""
    return _practices(request)


def _practices(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponseBase:
    user: Any = request.user
    reach = owners_within(user, "deal")
    if reach is not None and not reach:
        raise Forbidden
    words = request.GET.get("q", "")[:200].replace("\0", "")
    asked = {name: whole_id(request.GET.get(name, "")) for name in ("stage", "author")}
    found = queries.practices(words=words, **asked)
    may_export = owners_within(user, "deal", "export") != frozenset()
    if request.GET.get("export") in {"csv", "xlsx"}:
        if not may_export:
            raise Forbidden
        header = [_("Date"), _("Practice"), _("Stage"), _("Author")]
        rows = (
            [p.day, p.text, p.stage.name if p.stage else "", p.author.name] for p in found[:MOST_EXPORTED]
        )
        return file_of(request.GET["export"], "practices", header, ["date", "text", "text", "text"], rows)
    shown = min(max(whole_id(request.GET.get("rows", "")) or ROWS, ROWS), MOST_ROWS)
    page = list(found[: shown + 1])
    query = {name: value for name, value in {"q": words, **asked}.items() if value}
    authors = User.objects.filter(role__in=("rep", "lead", "head", "vp", "admin")).order_by("sort_key", "pk")
    context = {
        "rows": page[:shown],
        "more": f"/practices?{urlencode(query | {'rows': shown + ROWS})}" if len(page) > shown else "",
        "words": words,
        "asked": asked,
        "stages": all_stages(),
        "authors": list(authors.values_list("pk", "name")),
        "export_url": f"/practices?{urlencode(query | {'export': 'csv'})}",
        "may_export": may_export,
        "may_remove": may(user, "run_rituals"),
        "typed": request.POST if refusal else {},
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    return render(request, "rituals/practices.html", context, status=refusal.status if refusal else 200)


@require_POST
def keep_practice(request: HttpRequest) -> HttpResponseBase:
    post = request.POST
    try:
        commands.keep_practice(post.get("text", ""), stage=whole_id(post.get("stage", "")), **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _practices(request, refusal)
    flash(request, _("The practice is kept."))
    return HttpResponseRedirect("/practices", status=303)


@require_POST
def remove_practice(request: HttpRequest, pk: int) -> HttpResponse:
    commands.remove_practice(pk, **acting(request))
    token = offer(inverse="rituals.bring_practice_back", arguments={"practice": pk}, **acting(request))
    flash(request, _("The practice is removed."), f"/undo/{token}")
    return HttpResponseRedirect("/practices", status=303)
