"""The way from a figure to the deals behind it."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from takt.insight.metrics.scope import Scope

MOST_OWNERS = 100


def deals(scope: Scope, *, closed: bool = False, **filters: Any) -> str | None:
    """The list of deals under the scope's filters and these; of a past day there is no such list."""
    if scope.as_of is not None:
        return None
    given: dict[str, Any] = {}
    if scope.pipeline is not None:
        given["pipeline"] = scope.pipeline.pk
    if scope.owners is not None and "owner" not in filters:
        if not 0 < len(scope.owners) <= MOST_OWNERS:
            return None
        given["owner"] = ",".join(str(o) for o in sorted(scope.owners))
    if closed and "closed_at__gte" not in filters:
        if scope.first is not None:
            given["closed_at__gte"] = scope.first.isoformat()
        if scope.last is not None:
            given["closed_at__lt"] = (scope.last + dt.timedelta(days=1)).isoformat()
    given |= {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in filters.items()}
    return "/deals?" + urlencode(given)


def month_after(first: dt.date, months: int = 1) -> dt.date:
    number = first.year * 12 + first.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)
