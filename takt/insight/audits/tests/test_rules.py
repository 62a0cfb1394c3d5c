import datetime as dt
from decimal import Decimal

from takt.insight.audits.rules import (
    CODES,
    after_working_days,
    sample_of,
    score,
    switched_on,
    verdict_of,
    violations,
)


def test_score() -> None:
    """T-AUD: 10 deals, 7 checks, 6 don't apply, 8 failed."""
    assert score(10 * 7 - 6, 8) == Decimal("0.875")
    assert score(0, 0) is None


def test_verdict() -> None:
    assert [verdict_of("A2", 0b010, 0b010), verdict_of("A2", 0b010, 0), verdict_of("A1", 0b010, 0)] == [
        "fail",
        "pass",
        "na",
    ]


def test_violations() -> None:
    """Above 2 % of what applies and wasn't put right; of A1 any (Decided 8)."""
    fifty = [("A4", "pass", False)] * 49
    assert violations([*fifty, ("A4", "fail", False)]) == []
    assert violations([*fifty[:48], ("A4", "fail", False)]) == ["A4"]
    assert violations([("A4", "pass", False), ("A4", "fail", True)]) == []
    assert violations([("A1", "pass", False)] * 99 + [("A1", "fail", False)]) == ["A1"]
    assert violations([("A7", "na", False)]) == []


def test_working_days() -> None:
    friday = dt.date(2026, 3, 6)
    assert after_working_days(friday, 2) == dt.date(2026, 3, 10)
    assert after_working_days(dt.date(2026, 3, 2), 2) == dt.date(2026, 3, 4)


def test_sample() -> None:
    deals = list(range(100))
    drawn = sample_of(deals, 10, seed=7)
    assert len(drawn) == 10
    assert drawn == sorted(drawn) == sample_of(deals, 10, seed=7)
    assert sample_of(deals, None, 1) == sample_of(deals, 500, 1) == deals


def test_switched_on() -> None:
    values = {f"audit.{code.lower()}": 1 for code in CODES}
    assert switched_on(values) == 0b1111111
    assert switched_on(values | {"audit.a1": 0}) == 0b1111110
