"""The deals of a scope as one relation `facts`, of today or of a past day: what every report sums over.

Columns: id pipeline_id stage_id status owner_id company_id reason_id type_id source_id amount currency rate value
is_estimated probability expected_on competitor created_at closed_at start_on closed_on days. `value` is the amount
in the organisation's currency at the rate of the close; `days` counts local calendar days from start to close.
"""

from collections import namedtuple
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import TruncDate

from takt.insight.metrics.scope import Scope
from takt.kernel.money.rates import DayRates
from takt.sales.contacts.models import Company

type Params = list[Any]

_COLUMNS = (
    "id, pipeline_id, stage_id, status, owner_id, company_id, reason_id, type_id, source_id, amount, currency, rate,"
    " value, is_estimated, probability, expected_on, competitor, created_at, closed_at, start_on, closed_on"
)
_FIELDS = (
    "id", "pipeline_id", "stage_id", "status", "owner_id", "company_id", "loss_reason_id", "type_id", "source_id",
    "amount", "currency", "rate", "amount_base", "amount_is_estimated", "probability", "expected_close_on",
    "competitor", "created_at", "closed_at", "start_on", "closed_on",
)  # fmt: skip

# A deal stood where its last passage begun before that instant says; zero-length ones were only passed over.
_PAST = """
last AS (
    SELECT DISTINCT ON (p.deal_id) p.deal_id, p.pipeline_id, p.stage_id, p.left_at, p.exit,
        p.left_at IS NULL OR p.left_at >= %s AS is_open
    FROM stage_passage p JOIN base ON base.id = p.deal_id
    WHERE p.entered_at < %s AND p.exit <> 'skipped_over'
    ORDER BY p.deal_id, p.entered_at DESC, p.id DESC
),
facts AS (
    SELECT base.id, last.pipeline_id, last.stage_id, CASE WHEN is_open THEN 'open' ELSE last.exit END AS status,
        COALESCE(held.owner_id, base.owner_id) AS owner_id, base.company_id,
        CASE WHEN NOT is_open THEN base.reason_id END AS reason_id, base.type_id, base.source_id, base.amount,
        base.currency, base.rate, CASE WHEN NOT is_open THEN base.value END AS value, base.is_estimated,
        base.probability, base.expected_on, base.competitor, base.created_at,
        CASE WHEN NOT is_open THEN last.left_at END AS closed_at, base.start_on,
        CASE WHEN NOT is_open THEN (last.left_at AT TIME ZONE %s)::date END AS closed_on,
        CASE WHEN NOT is_open THEN (last.left_at AT TIME ZONE %s)::date - base.start_on END AS days
    FROM last JOIN base ON base.id = last.deal_id
    LEFT JOIN owner_period held ON held.deal_id = base.id AND held.from_at < %s
        AND (held.until_at IS NULL OR held.until_at >= %s)
    WHERE (is_open OR last.exit IN ('won', 'lost'))
"""


def _base(scope: Scope) -> tuple[str, Params]:
    rows = (
        scope.deals()
        .order_by()
        .annotate(
            start_on=TruncDate("cycle_start_at", tzinfo=scope.zone),
            closed_on=TruncDate("closed_at", tzinfo=scope.zone),
        )
        .values_list(*(F(name) for name in _FIELDS))
    )
    text, params = rows.query.sql_with_params()
    return text, list(params)


def facts(scope: Scope) -> tuple[str, Params]:
    """The WITH list that defines `facts`, and its parameters."""
    text, params = _base(scope)
    if scope.as_of is None:
        return (
            f"base ({_COLUMNS}) AS NOT MATERIALIZED ({text}),"
            " facts AS NOT MATERIALIZED (SELECT base.*, closed_on - start_on AS days FROM base)",
            params,
        )
    then, zone = scope.as_of, scope.zone.key
    past, more = _PAST, [then, then, zone, zone, then, then]
    if scope.pipeline is not None:
        past, more = past + " AND last.pipeline_id = %s", [*more, scope.pipeline.pk]
    if scope.owners is not None:
        past += " AND COALESCE(held.owner_id, base.owner_id) = ANY(%s)"
        more = [*more, sorted(scope.owners)]
    return f"base ({_COLUMNS}) AS ({text}), {past})", [*params, *more]


def closed_in(scope: Scope) -> tuple[str, Params]:
    """The condition of deals won or lost within the period."""
    return _between("closed_at", "status <> 'open'", scope)


def _between(column: str, text: str, scope: Scope) -> tuple[str, Params]:
    params: Params = []
    if scope.since is not None:
        text, params = f"{text} AND {column} >= %s", [*params, scope.since]
    if scope.until is not None:
        text, params = f"{text} AND {column} < %s", [*params, scope.until]
    return text, params


def entered_in(scope: Scope) -> tuple[str, Params]:
    """The condition of passages that begin within the period."""
    return _between("entered_at", "TRUE", scope)


def left_in(scope: Scope) -> tuple[str, Params]:
    """The condition of passages that ended within the period (and before the past day)."""
    text, params = _between("left_at", "left_at IS NOT NULL", scope)
    return (text, params) if scope.as_of is None else (f"{text} AND left_at < %s", [*params, scope.as_of])


def started_in(scope: Scope) -> tuple[str, Params]:
    """The condition of deals whose cycle began within the period."""
    text, params = "start_on IS NOT NULL", list[Any]()
    if scope.first is not None:
        text, params = f"{text} AND start_on >= %s", [*params, scope.first]
    if scope.last is not None:
        text, params = f"{text} AND start_on <= %s", [*params, scope.last]
    return text, params


def seen_companies(scope: Scope) -> tuple[str, Params]:
    """A WITH entry `seen` of the companies whose names the reader may read."""
    rows = Company.objects.visible_to(scope.user).order_by().values_list("id", "name", "industry")
    text, params = rows.query.sql_with_params()
    return f"seen (id, name, industry) AS NOT MATERIALIZED ({text})", list(params)


@lru_cache(maxsize=200)
def _shape(names: tuple[str, ...]) -> Any:
    return namedtuple("FactRow", names)


def fetched(
    scope: Scope, select: str, params: Sequence[Any] = (), *, also: Iterable[tuple[str, Params]] = ()
) -> list[Any]:
    """Rows of a SELECT over `facts`; `also` are further WITH entries that may read it."""
    text, given = facts(scope)
    for more, its in also:
        text, given = f"{text}, {more}", [*given, *its]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {text} {select}", [*given, *params])
        shape = _shape(tuple(c.name for c in cursor.description or ()))
        return [shape(*row) for row in cursor.fetchall()]


class Converting:
    """Sums of several currencies brought to the organisation's by the rates of the scope's day."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._rates: DayRates | None = None
        self.left: dict[str, tuple[int, Decimal]] = {}

    def rate(self, currency: str) -> Decimal | None:
        if currency == settings.TAKT_CURRENCY:
            return Decimal(1)
        if self._rates is None:
            self._rates = self._scope.rates
        return self._rates.rate(currency)

    def convert(self, amount: Decimal, currency: str) -> Decimal | None:
        if currency == settings.TAKT_CURRENCY:
            return amount
        if self._rates is None:
            self._rates = self._scope.rates
        return self._rates.convert(amount, currency)

    def add(self, amount: Decimal, currency: str, deals: int) -> Decimal:
        """The amount to add up; nothing where there is no rate, and then it is noted as left out."""
        found = self.convert(amount, currency)
        if found is None:
            count, total = self.left.get(currency, (0, Decimal(0)))
            self.left[currency] = (count + deals, total + amount)
            return Decimal(0)
        return found
