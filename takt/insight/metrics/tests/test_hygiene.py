"""The reports of quality and bonus: within the reader's reach, and the bonus of nobody to whoever doesn't supervise him."""

import datetime as dt
from typing import Any

import pytest

from takt.insight.audits.commands import judge_all, keep_day
from takt.insight.metrics.reports import figures
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(anna: Any, carla: Any, pipeline: Any, at: dt.datetime) -> None:
    for owner in (anna, carla):
        commands.create_deal(name=f"Of {owner.name}", is_quick=True, by=Actor(owner), at=at)
    by = Actor(via="timer")
    judge_all(by=by, at=at)
    for day in (at.date() - dt.timedelta(days=7), at.date()):
        keep_day(day, by=by, at=at)


def table(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return next(t["rows"] for t in found["tables"] if t["name"] == name)


def test_hygiene(kept: None, anna: Any, boris: Any, person: Any, at: dt.datetime) -> None:
    found = figures("hygiene", scope_of(boris, {"from": "2026-02-23", "to": "2026-03-08"}, at=at))
    weeks = table(found, "weeks")
    assert [(w["week"], w["change"]) for w in weeks] == [("2026-02-23", None), ("2026-03-02", "0.0000")]
    assert [(p["name"], p["w0"] == p["w1"]) for p in table(found, "people")] == [("Anna", True)]
    row = table(found, "checks")[0]
    assert (row["name"], row["bonus"], row["violations"]) == ("Anna", "1.0000", 0)
    auditor = person("olga", role="auditor", team=None)
    found = figures("hygiene", scope_of(auditor, {}, at=at))
    assert {(r["name"], r["bonus"]) for r in table(found, "checks")} == {("Anna", None), ("Carla", None)}
    assert len(table(found, "weeks")) == 12


def test_bonus(kept: None, anna: Any, dora: Any, client_of: Any, at: dt.datetime) -> None:
    found = figures("bonus", scope_of(dora, {"from": "2026-02-01", "to": "2026-03-31"}, at=at))
    assert {(r["month"], r["name"], r["percent"]) for r in table(found, "bonus")} == {
        (month, name, "1.0000") for month in ("2026-02", "2026-03") for name in ("Anna", "Carla")
    }
    mine = figures("bonus", scope_of(anna, {}, at=at))
    assert {r["name"] for r in table(mine, "bonus")} == {"Anna"}
    for name in ("hygiene", "bonus"):
        assert client_of(anna).get(f"/reports/{name}").status_code == 200
