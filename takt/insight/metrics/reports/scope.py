"""What a report is about: whose deals, of which time, seen by whom."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q

from takt.insight.metrics.reports import past
from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import User
from takt.sales.deals.models import Deal, DealQuerySet

OVER = (90, 138)
GROUPS = (
    "owner",
    "team",
    "parent_team",
    "product",
    "series",
    "industry",
    "company",
    "pipeline",
    "type",
    "source",
    "first_source",
    "region",
)


def zone() -> ZoneInfo:
    """The organisation's time zone: its days are the days of every report."""
    return ZoneInfo(settings.TIME_ZONE)


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone())


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day."""
    return midnight(day + dt.timedelta(days=1)) - dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Scope:
    """The filter of a report. `until` is the first day after the period; without a user all is seen.

    `moment` is the past moment as of which everything is told; None is now.
    """

    user: User | None
    today: dt.date
    since: dt.date | None = None
    until: dt.date | None = None
    pipeline: int | None = None
    owner: int | None = None
    team: int | None = None
    moment: dt.datetime | None = None
    by: str = "owner"
    over: tuple[int, ...] = OVER
    found: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def day(self) -> dt.date:
        """The day as of which ages, rates and snapshots are taken."""
        return self.moment.astimezone(zone()).date() if self.moment else self.today

    @property
    def as_of(self) -> str:
        """The day, or the moment in UTC where a time of the day was asked for."""
        if self.moment is None or self.moment == end_of(self.day):
            return self.day.isoformat()
        return self.moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")

    @property
    def now(self) -> "Scope":
        """The same filter on what is known today."""
        return replace(self, moment=None)

    @property
    def is_whole(self) -> bool:
        """Everybody's deals of all pipelines, now: then the kept totals of the stages are the answer."""
        return (
            self.moment is None and not (self.owner or self.team) and owners_within(self.user, "deal") is None
        )

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

    @contextmanager
    def laid_out(self) -> Iterator[None]:
        """The deals of a past moment are found once for all questions, in a table that lasts as long as they do."""
        if self.moment is None:
            yield
            return
        then, given = self._then(self.moment)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE past_deal ON COMMIT DROP AS {_shaped(then)}", given)
            cursor.execute("ANALYZE past_deal")
            yield
            cursor.execute("DROP TABLE past_deal")

    def rows(
        self, sql: str, *values: Any, period: bool = True, follows: bool = False
    ) -> list[dict[str, Any]]:
        """The answer of a query over `d`: the deals in scope, closed ones of the period only.

        With `follows` it may also ask `n`: what became of them, as far as the reader may see it today.
        """
        base, given = self._base(period)
        first = f"d AS ({base})"
        if follows:
            later, more = self.now._base(period)
            first, given = f"{first}, n AS ({later})", [*given, *more]
        return self.ask(first, sql, *given, *values)

    def row(self, sql: str, *values: Any, period: bool = True, follows: bool = False) -> dict[str, Any]:
        return self.rows(sql, *values, period=period, follows=follows)[0]

    def ask(self, first: str, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The answer of a query after `first`, its leading subqueries; past passages and stages where it is past."""
        # What comes first reads the real tables, what comes after it those of the moment.
        before = [first] if first else []
        if self.moment:
            before.append(past.tables(self.moment))
        with connection.cursor() as cursor:
            cursor.execute((f"WITH {', '.join(before)} " if before else "") + sql, values)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _base(self, period: bool) -> tuple[str, list[Any]]:
        if self.moment is None:
            now, given = self._today(period)
            return _shaped(now), given
        condition, values = self.days_within("closed_on")
        if not period:
            return "SELECT * FROM past_deal", []
        return f"SELECT * FROM past_deal WHERE status = 'open' OR {condition}", values

    def _today(self, period: bool) -> tuple[str, list[Any]]:
        deals = self.deals()
        if period and (self.since or self.until):
            deals = deals.filter(Q(status=Deal.Status.OPEN) | self.within("closed_at"))
        try:
            inner, given = deals.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            inner, given = "SELECT NULL::bigint WHERE FALSE", ()
        return f"SELECT *, FALSE AS is_assumed, TRUE AS is_named FROM deal WHERE id IN ({inner})", [*given]

    def _then(self, moment: dt.datetime) -> tuple[str, list[Any]]:
        """The same filter on the deals as they were; by name only those that the reader may see today too."""
        reach = owners_within(self.user, "deal")
        seen = "TRUE" if reach is None else "z.owner_now = ANY(%s)"
        values: list[Any] = [] if reach is None else [sorted(reach)]
        values += [settings.TAKT_CURRENCY, settings.TIME_ZONE]
        conditions = ["TRUE"]
        if reach is not None:
            conditions.append("z.owner_id = ANY(%s)")
            values.append(sorted(reach))
        if self.pipeline:
            conditions.append("z.pipeline_id = %s")
            values.append(self.pipeline)
        if self.owner:
            conditions.append("z.owner_id = %s")
            values.append(self.owner)
        if self.team:
            conditions.append('z.owner_id IN (SELECT u.id FROM "user" u WHERE u.team_id = ANY(%s))')
            values.append(teams_below(self.team))
        return (
            f"""SELECT z.*, z.deleted_at IS NULL AND {seen} AS is_named
            FROM ({past.deals(moment)}) z WHERE {" AND ".join(conditions)}""",
            values,
        )


def _shaped(inner: str) -> str:
    """The columns of `d`. The day of a moment is the organisation's, whatever zone the person has chosen."""
    local = f"AT TIME ZONE '{settings.TIME_ZONE}'"
    return f"""SELECT x.id, x.name, x.status, x.stage_id, x.pipeline_id, x.owner_id, x.company_id, x.amount,
            x.amount_is_estimated, x.currency, x.rate, x.amount_base, x.probability, x.expected_close_on,
            x.loss_reason_id, x.closed_at, x.cycle_on, x.closed_on, x.closed_on - x.cycle_on AS days,
            x.is_assumed, x.is_named, x.contractor_cost, x.source_id
        FROM (SELECT y.*, (cycle_start_at {local})::date AS cycle_on,
            (closed_at {local})::date AS closed_on FROM ({inner}) y) x"""


def once[T](find: Callable[[Scope], T]) -> Callable[[Scope], T]:
    """What several parts of a report need is found once for its scope."""

    @wraps(find)
    def kept(scope: Scope) -> T:
        if find not in scope.found:
            scope.found[find] = find(scope)
        answer: T = scope.found[find]
        return answer

    return kept
