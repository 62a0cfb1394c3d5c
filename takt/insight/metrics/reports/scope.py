"""What a report is about: whose deals, of which time, seen by whom."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.refusals import Invalid
from takt.sales.deals.models import Deal, DealQuerySet, Pipeline

OVER = (90, 138)
GROUPS = ("owner", "team", "parent_team", "product", "series", "industry", "company")


def zone() -> ZoneInfo:
    """The organisation's time zone: its days are the days of every report."""
    return ZoneInfo(settings.TIME_ZONE)


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone())


@dataclass(frozen=True)
class Scope:
    """The filter of a report. `until` is the first day after the period; without a user all is seen."""

    user: User | None
    today: dt.date
    since: dt.date | None = None
    until: dt.date | None = None
    pipeline: int | None = None
    owner: int | None = None
    team: int | None = None
    as_of: dt.date | None = None
    by: str = "owner"
    over: tuple[int, ...] = OVER

    @property
    def day(self) -> dt.date:
        """The day as of which ages and snapshots are taken."""
        return self.as_of or self.today

    @property
    def is_whole(self) -> bool:
        """Everybody's deals of all pipelines: then the kept totals of the stages are the answer."""
        return not (self.owner or self.team) and owners_within(self.user, "deal") is None

    def deals(self) -> DealQuerySet:
        """The deals that the person may see and that the filter leaves, of any time."""
        found: DealQuerySet = Deal.objects.visible_to(self.user)
        if self.pipeline:
            found = found.filter(pipeline_id=self.pipeline)
        if self.owner:
            found = found.filter(owner_id=self.owner)
        if self.team:
            found = found.filter(owner__team_id__in=teams_below(self.team))
        return found

    def within(self, field: str) -> Q:
        """The condition that a moment lies in the period, by the organisation's days."""
        condition = Q()
        if self.since:
            condition &= Q(**{f"{field}__gte": midnight(self.since)})
        if self.until:
            condition &= Q(**{f"{field}__lt": midnight(self.until)})
        return condition

    def days_within(self, column: str) -> tuple[str, list[Any]]:
        """The same condition on a column of days, for SQL."""
        parts, values = ["TRUE"], []
        if self.since:
            parts.append(f"{column} >= %s")
            values.append(self.since)
        if self.until:
            parts.append(f"{column} < %s")
            values.append(self.until)
        return " AND ".join(parts), values

    def rows(self, sql: str, *values: Any, period: bool = True) -> list[dict[str, Any]]:
        """The answer of a query over `d`: the deals in scope, closed ones of the period only."""
        base, given = self._base(period)
        with connection.cursor() as cursor:
            cursor.execute(f"WITH d AS ({base}) {sql}", [*given, *values])
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str, *values: Any, period: bool = True) -> dict[str, Any]:
        return self.rows(sql, *values, period=period)[0]

    def _base(self, period: bool) -> tuple[str, list[Any]]:
        deals = self.deals()
        if period and (self.since or self.until):
            deals = deals.filter(Q(status=Deal.Status.OPEN) | self.within("closed_at"))
        try:
            inner, given = deals.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            inner, given = "SELECT NULL::bigint WHERE FALSE", ()
        # The day of a moment is the organisation's, whatever zone the person has chosen for himself.
        return (
            f"""SELECT x.id, x.name, x.status, x.stage_id, x.pipeline_id, x.owner_id, x.company_id, x.amount,
                x.amount_is_estimated, x.currency, x.rate, x.amount_base, x.probability, x.expected_close_on, x.loss_reason_id,
                x.cycle_on, x.closed_on, x.closed_on - x.cycle_on AS days
            FROM (SELECT deal.*, (cycle_start_at AT TIME ZONE %s)::date AS cycle_on,
                (closed_at AT TIME ZONE %s)::date AS closed_on FROM deal WHERE id IN ({inner})) x""",
            [settings.TIME_ZONE, settings.TIME_ZONE, *given],
        )


def scope_of(user: User | None, given: Mapping[str, Any], *, at: dt.datetime) -> Scope:
    """The scope that was asked for by name; what is unknown is refused with the field's name."""
    asked = {key: str(value).strip() for key, value in given.items() if value not in (None, "")}
    until = _day("to", asked)
    scope = Scope(
        user=user,
        today=at.astimezone(zone()).date(),
        since=_day("from", asked),
        until=until + dt.timedelta(days=1) if until else None,
        pipeline=_found(Pipeline, "pipeline", asked, "name"),
        owner=_within_reach(user, "owner", _found(User, "owner", asked, "email")),
        team=_within_reach(user, "team", _found(Team, "team", asked, "name")),
        as_of=_day("as_of", asked),
        by=asked.get("by", "owner"),
        over=_thresholds(asked),
    )
    if scope.as_of and scope.as_of > scope.today:
        raise Invalid.field("as_of", _("This day is still to come."), "out_of_range")
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


def _within_reach(user: User | None, name: str, found: int | None) -> int | None:
    """The person or team asked for; one of whom the reader may see nothing is refused as if there were none."""
    reach = owners_within(user, "deal")
    if found is None or reach is None:
        return found
    people = User.objects.filter(pk__in=reach)
    people = people.filter(pk=found) if name == "owner" else people.filter(team_id__in=teams_below(found))
    if not people.exists():
        raise Invalid.field(name, _("There is nothing of this name."), "unknown")
    return found


def _found(model: Any, name: str, asked: dict[str, str], word: str) -> int | None:
    if name not in asked:
        return None
    text = asked[name].replace("\x00", "")
    condition = Q(**{f"{word}__iexact": text})
    if text.isascii() and text.isdigit() and len(text) < 18:
        condition |= Q(pk=int(text))
    found = list(model.objects.filter(condition).order_by("pk").values_list("pk", flat=True)[:2])
    if not found:
        raise Invalid.field(name, _("There is nothing of this name."), "unknown")
    if len(found) > 1 and not text.isdigit():
        raise Invalid.field(name, _("Several have this name; give the number."), "ambiguous")
    return int(text) if text.isdigit() and int(text) in found else found[0]
