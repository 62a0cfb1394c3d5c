"""The filter of a report as it is asked for by name; what is unknown or hidden is refused with the field's name."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from takt.insight.metrics.reports.scope import GROUPS, OVER, Scope, end_of, zone
from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.refusals import Invalid
from takt.sales.deals.models import Pipeline


def scope_of(user: User | None, given: Mapping[str, Any], *, at: dt.datetime) -> Scope:
    """The scope that was asked for by name; what is unknown is refused with the field's name."""
    asked = {key: str(value).strip() for key, value in given.items() if value not in (None, "")}
    until = _day("to", asked)
    today = at.astimezone(zone()).date()
    scope = Scope(
        user=user,
        today=today,
        since=_day("from", asked),
        until=until + dt.timedelta(days=1) if until else None,
        pipeline=_found(Pipeline, "pipeline", asked, "name"),
        owner=_owner_within(user, _found(User, "owner", asked, "email")),
        team=_team_within(user, _found(Team, "team", asked, "name")),
        moment=_moment(asked, at, today),
        by=asked.get("by", "owner"),
        over=_thresholds(asked),
    )
    if scope.since and scope.until and scope.since >= scope.until:
        raise Invalid.field("to", _("The period ends before it begins."), "out_of_range")
    if scope.by not in GROUPS:
        known = ", ".join(GROUPS)
        raise Invalid.field("by", _("A report can be divided by: %(known)s.") % {"known": known}, "unknown")
    return scope


def _day(name: str, asked: dict[str, str]) -> dt.date | None:
    if name not in asked:
        return None
    try:
        day = dt.date.fromisoformat(asked[name])
        if not 1900 <= day.year <= 2999:
            raise ValueError
    except ValueError:
        raise Invalid.field(name, _("Write the date as 2026-03-31."), "invalid") from None
    return day


def _moment(asked: dict[str, str], at: dt.datetime, today: dt.date) -> dt.datetime | None:
    """A day is told as it ended, today as it is; a time without its zone is the organisation's."""
    text = asked.get("as_of", "")
    if not text:
        return None
    if len(text) > len("2026-03-31"):
        try:
            # A plus sign that was not encoded arrives as a space.
            moment = dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone())
            moment = moment.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            sentence = _("Write the moment as 2026-03-31 or 2026-03-31T18:00:00Z.")
            raise Invalid.field("as_of", sentence, "invalid") from None
        is_ahead = moment > at
    else:
        day = _day("as_of", asked)
        assert day
        if day == today:
            return None
        moment, is_ahead = end_of(day), day > today
    if is_ahead:
        raise Invalid.field("as_of", _("This day is still to come."), "out_of_range")
    return moment


def _thresholds(asked: dict[str, str]) -> tuple[int, ...]:
    if "over" not in asked:
        return OVER
    try:
        found = tuple(dict.fromkeys(int(part) for part in asked["over"].split(",")))
        if len(found) > 5 or not all(0 <= days <= 9999 for days in found):
            raise ValueError
    except ValueError:
        raise Invalid.field("over", _("Write up to five numbers of days: 90,138."), "invalid") from None
    return found


def teams_within(user: User | None) -> frozenset[int] | None:
    """The teams by which a reader may ask: his own, and those below it where he sees others' deals; None is all."""
    reach = owners_within(user, "deal")
    if user is None or reach is None:
        return None
    sees_others = bool(reach - {user.pk})
    own = [] if user.team_id is None else [user.team_id]
    return frozenset(teams_below(user.team_id) if sees_others else own)


def _owner_within(user: User | None, found: int | None) -> int | None:
    """The person asked for; one of whom the reader may see nothing is refused as if there were none."""
    reach = owners_within(user, "deal")
    if found is not None and reach is not None and found not in reach:
        raise _nothing("owner")
    return found


def _team_within(user: User | None, found: int | None) -> int | None:
    teams = teams_within(user)
    if found is not None and teams is not None and found not in teams:
        raise _nothing("team")
    return found


def _nothing(name: str) -> Invalid:
    return Invalid.field(name, _("There is nothing of this name."), "unknown")


def _found(model: Any, name: str, asked: dict[str, str], word: str) -> int | None:
    if name not in asked:
        return None
    text = asked[name].replace("\x00", "")
    condition = Q(**{f"{word}__iexact": text})
    if text.isascii() and text.isdigit() and len(text) < 18:
        condition |= Q(pk=int(text))
    found = list(model.objects.filter(condition).order_by("pk").values_list("pk", flat=True)[:2])
    if not found:
        raise _nothing(name)
    if len(found) > 1 and not text.isdigit():
        raise Invalid.field(name, _("Several have this name; give the number."), "ambiguous")
    return int(text) if text.isdigit() and int(text) in found else found[0]
