"""Whether work goes evenly through the month, or is caught up at its end (feature ST11; domain spec 5.7)."""

import datetime as dt
from calendar import monthrange
from collections import Counter, defaultdict
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, Report, Table
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope, once
from takt.kernel.accounts.models import User

LAST_DAYS = 5
RUSH_PERCENT = 40


def last_days_begin(month: dt.date) -> dt.date:
    """The first of the last five working days of a day's month, Monday to Friday."""
    day = month.replace(day=monthrange(month.year, month.month)[1])
    left = LAST_DAYS - (day.weekday() < 5)
    while left:
        day -= dt.timedelta(days=1)
        left -= day.weekday() < 5
    return day


@once
def done(scope: Scope) -> dict[str, Counter[tuple[int, dt.date]]]:
    """Sales actions by who did them, and deals won and lost by their owner, each by its day."""
    condition, values = scope.days_within("on_day")
    found = scope.rows(
        f""", e AS (
            SELECT coalesce(t.done_by_id, t.assignee_id) AS who, 'actions' AS what,
                (t.done_at AT TIME ZONE %s)::date AS on_day
            FROM d JOIN task t ON t.deal_id = d.id JOIN task_type k ON k.id = t.type_id
            WHERE t.status = 'done' AND t.deleted_at IS NULL AND k.counts_as_action
            UNION ALL SELECT owner_id, status, closed_on FROM d WHERE status <> 'open')
        SELECT who, what, on_day, count(*) AS count FROM e WHERE on_day <= %s AND {condition} GROUP BY 1, 2, 3""",
        settings.TIME_ZONE,
        scope.day,
        *values,
        period=False,
    )
    counts: dict[str, Counter[tuple[int, dt.date]]] = defaultdict(Counter)
    for row in found:
        counts[row["what"]][row["who"], row["on_day"]] += row["count"]
    return counts


def days(scope: Scope) -> Part:
    """What was done on each day of the month, all months of the period together."""
    counts = done(scope)
    by_day = {what: Counter[int]() for what in ("actions", "won", "lost")}
    for what, sums in by_day.items():
        for (_who, day), count in counts[what].items():
            sums[day.day] += count
    rows = [{"day": n} | {what: sums[n] for what, sums in by_day.items()} for n in range(1, 32)]
    columns = [
        Column("day", _("Day of the month")),
        Column("actions", _("Sales actions")),
        Column("won", _("Won")),
        Column("lost", _("Lost")),
    ]
    return Part({}, [Table("days", _("By day of the month"), columns, rows)])


def reps(scope: Scope) -> Part:
    """Per person, the share that falls into the last five working days of the month; above 40 % of won deals is a rush."""
    counts = done(scope)
    tallies: dict[int, Counter[str]] = defaultdict(Counter)
    for what in ("actions", "won"):
        for (who, day), count in counts[what].items():
            tallies[who][what] += count
            if day >= last_days_begin(day):
                tallies[who][f"{what}_late"] += count
    names = User.objects.filter(pk__in=tallies).order_by("sort_key", "pk").values_list("pk", "name")
    rows = [{"id": pk, "name": name} | _shares(tallies[pk]) for pk, name in names]
    columns = [
        Column("name", _("Name"), "text"),
        Column("mark", _("Mark"), "text"),
        Column("actions", _("Sales actions")),
        Column("actions_share", _("Of them in the last five working days"), "rate"),
        Column("won", _("Won")),
        Column("won_share", _("Of them in the last five working days"), "rate"),
    ]
    total = sum(tallies.values(), Counter[str]())
    whole = _shares(total)
    return Part(
        {"won_share": whole["won_share"], "actions_share": whole["actions_share"]},
        [Table("reps", _("By person"), columns, rows)],
    )


def _shares(tally: Counter[str]) -> dict[str, Any]:
    is_rush = tally["won_late"] * 100 > tally["won"] * RUSH_PERCENT
    return {
        "mark": _("Month-end rush") if is_rush else "",
        "actions": tally["actions"],
        "actions_share": ratio(tally["actions_late"], tally["actions"]) if tally["actions"] else None,
        "won": tally["won"],
        "won_share": ratio(tally["won_late"], tally["won"]) if tally["won"] else None,
    }


REPORT = Report(
    "rhythm",
    gettext_lazy("Rhythm of the month"),
    gettext_lazy(
        "Sales actions done and deals closed in the period, by the day of the month. Where more than two fifths of what was "
        "won falls into the last five working days of the month, it is a rush."
    ),
    {"days": days, "reps": reps},
    {"days": gettext_lazy("By day of the month"), "reps": gettext_lazy("By person")},
)
