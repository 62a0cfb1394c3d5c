"""The rhythm of the month and where deals stall, against counts by hand."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.metrics.reports import figures
from takt.insight.metrics.reports.rhythm import last_days_begin
from takt.insight.metrics.reports.scope import Scope
from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands import create_contact
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewTask
from takt.sales.deals.models import Stage

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def rows(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(t for t in report["tables"] if t["name"] == name)["rows"]
    return found


def test_last_five_working_days() -> None:
    assert last_days_begin(dt.date(2026, 3, 2)) == dt.date(2026, 3, 25)
    assert last_days_begin(dt.date(2026, 5, 1)) == dt.date(2026, 5, 25)  # ends on a Sunday


def test_counts_by_hand(anna: Any, pipeline: Any, at: dt.datetime) -> None:
    """Four deals went on after 2, 4, 6 and 20 days; one was won early in March, three at its end."""
    by = Actor(anna)
    buyer = create_contact(name="Ilse", by=by, at=at)
    stages = list(Stage.objects.filter(pipeline=pipeline).order_by("position"))
    for days, closed in ((2, 4), (4, 24), (6, 25), (20, 28)):
        deal = commands.create_deal(
            name="Crane", amount="10", currency="EUR", contacts=[buyer], is_quick=True, by=by, at=at
        )
        commands.move_deal(deal, stages[1], by=by, at=at + days * DAY)
        step = commands.create_task(NewTask(type="call", title="Sign", due_at=at), deal=deal, by=by, at=at)
        commands.complete_task(step, result="Signed", close_deal=Closing("won"), by=by, at=at + closed * DAY)
    scope = Scope(user=anna, today=dt.date(2026, 4, 15))
    found = figures("rhythm", scope)
    by_day = {row["day"]: row for row in rows(found, "days")}
    assert {n: (r["actions"], r["won"]) for n, r in by_day.items() if r["won"]} == {
        6: (1, 1), 26: (1, 1), 27: (1, 1), 30: (1, 1),
    }  # fmt: skip
    (mine,) = rows(found, "reps")
    assert (mine["won"], mine["won_share"], mine["actions_share"]) == (4, "0.750000", "0.750000")
    assert mine["mark"] == "Month-end rush"
    stuck = figures("bottleneck", Scope(user=anna, today=dt.date(2026, 4, 15)))
    first = next(r for r in rows(stuck, "stalls") if r["stage_id"] == stages[0].pk)
    assert (first["count"], first["median"], first["p75"], first["p90"]) == (4, "5.0000", "9.5000", "15.8000")
    assert [r["when"] for r in rows(stuck, "trend") if r["stage_id"] == stages[0].pk] == ["2026-03"]
