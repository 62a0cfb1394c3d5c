"""Whose deals, of which days: the filters that every report shares, read and checked."""

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.refusals import Invalid, Problem, Text
from takt.kernel.lists.periods import span
from takt.kernel.money.rates import DayRates, Rates
from takt.sales.deals.models import Deal, DealQuerySet, Pipeline

FILTERS = ("from", "to", "pipeline", "owner", "team", "as_of", "over", "plan")
THRESHOLDS = (90, 180)
FACT_BASIS = gettext_lazy("Fact basis: won deals.")


@dataclass(frozen=True)
class Scope:
    """What a report covers. Times are instants, `first` to `last` are the days they stand for."""

    user: User | None
    at: dt.datetime
    first: dt.date | None = None
    last: dt.date | None = None
    pipeline: Pipeline | None = None
    owner: User | None = None
    team: Team | None = None
    owners: frozenset[int] | None = None  # of the filter by owner or team
    as_of: dt.datetime | None = None  # everything before this instant is known, nothing after
    over: tuple[int, ...] = THRESHOLDS
    plan: Decimal | None = None
    act: str = "view"
    basis: Text = FACT_BASIS

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Days begin in the organisation's zone, for every reader alike."""
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)

    @property
    def currency(self) -> str:
        return str(settings.TAKT_CURRENCY)

    @property
    def day(self) -> dt.date:
        """The day on which the figures stand: today, or the past day asked for."""
        if self.as_of is None:
            return timezone.localdate(self.at, self.zone)
        return (self.as_of.astimezone(self.zone) - dt.timedelta(microseconds=1)).date()

    @property
    def since(self) -> dt.datetime | None:
        return None if self.first is None else midnight(self.first, self.zone)

    @property
    def until(self) -> dt.datetime | None:
        return None if self.last is None else midnight(self.last + dt.timedelta(days=1), self.zone)

    @property
    def is_everybodys(self) -> bool:
        """No filter of people, and all deals are seen: kept totals hold."""
        return self.owners is None and owners_within(self.user, "deal", self.act) is None

    @property
    def rates(self) -> DayRates:
        return Rates().on(self.day)

    @property
    def told(self) -> dict[str, Any]:
        """The filters as data."""
        return {
            "from": self.first,
            "to": self.last,
            "pipeline": self.pipeline and self.pipeline.pk,
            "owner": self.owner and self.owner.pk,
            "team": self.team and self.team.pk,
            "as_of": self.as_of and self.day,
            "over": list(self.over),
            "plan": self.plan,
            "day": self.day,
        }

    def deals(self) -> DealQuerySet:
        """The deals that the reader may see and the filters leave; of a past day the filters come later."""
        rows: DealQuerySet = Deal.objects.visible_to(self.user, self.act)  # type: ignore[assignment]
        if self.as_of is not None:
            return rows
        if self.pipeline is not None:
            rows = rows.filter(pipeline=self.pipeline)
        return rows if self.owners is None else rows.filter(owner__in=sorted(self.owners))

    def within(self, first: dt.date, last: dt.date) -> "Scope":
        return replace(self, first=first, last=last)


def midnight(day: dt.date, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone)


class _Reading:
    """Collects every wrong filter before it refuses."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = {k: v.strip() for k, v in given.items() if v and v.strip()}
        self.problems: list[Problem] = []

    def wrong(self, field: str, message: str, code: str = "invalid") -> None:
        self.problems.append(Problem(field, code, message))


def read_scope(
    given: Mapping[str, str],
    user: User | None,
    at: dt.datetime,
    *,
    act: str = "view",
    also: tuple[str, ...] = (),
) -> Scope:
    """The scope asked for; refuses with every filter that can't be used.

    A person or a team the reader may not see is refused in the words for one that doesn't exist.
    """
    reading = _Reading(given)
    for name in given:
        if name not in FILTERS and name not in also:
            reading.wrong(name, _("Reports have no filter “%(name)s”.") % {"name": name[:60]}, "unknown")
    bare = Scope(user, at, act=act)
    first, last = _day(reading, "from", bare), _day(reading, "to", bare)
    if first and last and last < first:
        reading.wrong("to", _("The period ends before it begins."))
    owner, owners = _owner(reading, bare)
    team, members = _team(reading, bare)
    if owners is not None and members is not None:
        owners = owners & members
    scope = replace(
        bare,
        first=first,
        last=last,
        pipeline=_pipeline(reading),
        owner=owner,
        team=team,
        owners=members if owners is None else owners,
        as_of=_as_of(reading, bare),
        over=_over(reading),
        plan=_plan(reading),
    )
    if reading.problems:
        raise Invalid(errors=reading.problems)
    return scope


def _day(reading: _Reading, name: str, bare: Scope) -> dt.date | None:
    text = reading.given.get(name)
    if text is None:
        return None
    found = span(text, bare.day)
    if found is None:
        reading.wrong(name, _("“%(text)s” is no day; write it like 2026-03-31.") % {"text": text[:40]})
        return None
    return found.first if name == "from" else found.until - dt.timedelta(days=1)


def _as_of(reading: _Reading, bare: Scope) -> dt.datetime | None:
    text = reading.given.get("as_of")
    if text is None:
        return None
    found = None
    if len(text) <= 10:
        day = span(text, bare.day)
        found = day and midnight(day.first + dt.timedelta(days=1), bare.zone)
        if day and day.first == bare.day:
            return None
    else:
        try:
            found = dt.datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is not None and not 1900 <= found.year <= 2200:
            found = None
        if found is not None and found.tzinfo is None:
            found = found.replace(tzinfo=bare.zone)
    if found is None:
        reading.wrong("as_of", _("“%(text)s” is no day; write it like 2026-03-31.") % {"text": text[:40]})
    elif found > bare.at:
        reading.wrong("as_of", _("This day is still to come."), "future")
    return found


def _number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _one(rows: QuerySet[Any], text: str, name: str) -> Any:
    """The record by id, else by name."""
    number = _number_of(text)
    by_id = rows.filter(pk=number).first() if number is not None else None
    return by_id or (
        rows.filter(**{f"{name}__iexact": text}).order_by("pk").first() if "\x00" not in text else None
    )


def _pipeline(reading: _Reading) -> Pipeline | None:
    text = reading.given.get("pipeline")
    if text is None:
        return None
    found: Pipeline | None = _one(Pipeline.objects.all(), text, "name")
    if found is None:
        reading.wrong("pipeline", _("There is no pipeline “%(name)s”.") % {"name": text[:80]}, "unknown")
    return found


def _owner(reading: _Reading, bare: Scope) -> tuple[User | None, frozenset[int] | None]:
    text = reading.given.get("owner")
    if text is None:
        return None, None
    found = bare.user if text == "me" else _one(User.objects.all(), text, "email")
    seen = owners_within(bare.user, "deal", bare.act)
    if found is None or (seen is not None and found.pk not in seen):
        reading.wrong("owner", _("There is nobody “%(name)s” here.") % {"name": text[:80]}, "unknown")
        return None, None
    return found, frozenset({found.pk})


def _team(reading: _Reading, bare: Scope) -> tuple[Team | None, frozenset[int] | None]:
    text = reading.given.get("team")
    if text is None:
        return None, None
    found: Team | None = _one(Team.objects.all(), text, "name")
    members: frozenset[int] = frozenset()
    if found is not None:
        members = frozenset(User.objects.filter(team__in=teams_below(found.pk)).values_list("pk", flat=True))
    seen = owners_within(bare.user, "deal", bare.act)
    if found is None or (seen is not None and not members & seen):
        reading.wrong("team", _("There is no team “%(name)s”.") % {"name": text[:80]}, "unknown")
        return None, None
    return found, members


def _over(reading: _Reading) -> tuple[int, ...]:
    text = reading.given.get("over")
    if text is None:
        return THRESHOLDS
    days = [_number_of(part.strip()) for part in text.split(",")]
    if len(days) > 5 or any(d is None or d > 36_500 for d in days):
        reading.wrong("over", _("Write up to five numbers of days like 90,180."))
        return THRESHOLDS
    return tuple(sorted({d for d in days if d is not None}))


def _plan(reading: _Reading) -> Decimal | None:
    text = reading.given.get("plan")
    if text is None:
        return None
    try:
        plan = Decimal(text)
    except InvalidOperation:
        plan = Decimal("NaN")
    if not plan.is_finite() or not 0 < plan < Decimal(10) ** 15:
        reading.wrong("plan", _("Enter the plan as an amount above zero."))
        return None
    return plan
