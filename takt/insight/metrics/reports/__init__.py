"""The reports by name, and the one function that answers page, API and command alike."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from takt.insight.metrics.reports import (
    balance,
    bottleneck,
    conversion,
    cycle,
    forecast,
    funnel,
    hygiene,
    leaderboard,
    levels,
    losses,
    rhythm,
    sources,
)
from takt.insight.metrics.reports.limits import limits
from takt.insight.metrics.reports.parts import Report
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.standing import left_out
from takt.kernel.lib.refusals import NotFound

DAY = dt.timedelta(days=1)
REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        funnel.REPORT,
        conversion.REPORT,
        levels.REPORT,
        balance.REPORT,
        bottleneck.REPORT,
        cycle.REPORT,
        forecast.REPORT,
        leaderboard.REPORT,
        rhythm.REPORT,
        losses.REPORT,
        sources.REPORT,
        hygiene.HYGIENE,
        hygiene.BONUS,
    )
}


def report_named(name: str) -> Report:
    if name not in REPORTS:
        raise NotFound
    return REPORTS[name]


def figures(name: str, scope: Scope, parts: Sequence[str] | None = None) -> dict[str, Any]:
    """The figures of a report, ready for JSON; `parts` leaves out what is not looked at.

    `not_converted` names the deals that no sum holds, `notes` what of a past moment can't be told.
    """
    report = report_named(name)
    totals: dict[str, Any] = {}
    tables: list[dict[str, Any]] = []
    sums: set[str] = set()
    with scope.laid_out():
        for key, find in report.parts.items():
            if parts is None or key in parts:
                found = find(scope)
                totals |= found.totals
                tables += [table.to_json(key) for table in found.tables]
                sums.update(report.sums.get(key, ()))
        left, notes = left_out(scope, sums), limits(scope, bool(sums))
    return {
        "report": name,
        "title": str(report.title),
        "definition": str(report.definition),
        "basis": "won deals",
        "currency": settings.TAKT_CURRENCY,
        "from": scope.since.isoformat() if scope.since else None,
        "to": (scope.until - DAY).isoformat() if scope.until else None,
        "as_of": scope.as_of,
        "not_converted": left,
        "notes": notes,
        "totals": totals,
        "tables": tables,
    }
