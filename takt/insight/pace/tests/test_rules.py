"""The fixtures of the domain, and the edges of the rules."""

import datetime as dt
from decimal import Decimal

import pytest

from takt.insight.pace.rules import (
    STALE,
    TOO_FAR,
    Limit,
    Stay,
    flags_of,
    gap_limit,
    is_over,
    limit_of,
    needs_review,
    restricted_mean,
    survival,
    survival_quantile,
    without,
    working_days,
)

KM = [(5, True), (8, True), (8, False), (12, True), (15, False)]


def test_time_in_stage_with_open_ones() -> None:
    """T-KM: the open deals count too, so the median lies above the mean of the finished ones."""
    steps = survival([Stay(days, ended) for days, ended in KM])
    assert dict(steps) == pytest.approx({5: 0.8, 8: 0.6, 12: 0.3})
    assert survival_quantile(steps) == 12
    assert restricted_mean(steps, 15) == pytest.approx(10.7)
    finished = [days for days, ended in KM if ended]
    assert sum(finished) / len(finished) == pytest.approx(8.33, abs=0.005)
    assert survival_quantile(survival([Stay(3, False)])) is None


def test_stage_in_spite_of_a_task() -> None:
    """T-STG: norm 10, sixty days in the stage, a task tomorrow."""
    assert flags_of(1, 10, 60, limit_of((), 10)) == (STALE,)
    assert flags_of(1, 10, 10, limit_of((), 10)) == ()


def test_next_contact_too_far() -> None:
    """T-GAPC: cycle 30, the next task in 30 days, the limit is 10."""
    monday = dt.date(2026, 3, 2)
    limit = gap_limit(30, None)
    assert limit == 10
    gap = working_days(monday, monday + dt.timedelta(days=30))
    assert flags_of(gap, limit, 0, None) == (TOO_FAR,)
    assert gap_limit(4, None) == 3
    assert gap_limit(30, 20) == 20
    assert gap_limit(None, None) is None


def test_both_and_none() -> None:
    limit = Limit(Decimal(10), 0)
    assert flags_of(11, 10, 11, limit) == (TOO_FAR, STALE)
    assert flags_of(None, 10, 99, limit) == ()  # nothing planned is another rule's
    assert flags_of(99, None, 99, None) == ()


def test_limit_is_own_from_ten_on() -> None:
    assert limit_of([10.0] * 9, 7) == Limit(Decimal(7), 0)
    assert limit_of([10.0] * 10, 7) == Limit(Decimal(10), 10)
    assert limit_of([], None) is None
    assert is_over(15, limit_of([10.0] * 10, None))
    assert not is_over(10, limit_of([10.0] * 10, None))
    assert not needs_review(15, Limit(Decimal(10), 10))
    assert needs_review(16, Limit(Decimal(10), 10))


def test_working_days() -> None:
    friday = dt.date(2026, 3, 6)
    assert working_days(friday, friday) == 0
    assert working_days(friday, friday + dt.timedelta(days=3)) == 1
    assert working_days(friday, friday + dt.timedelta(days=14)) == 10
    assert working_days(friday, friday - dt.timedelta(days=5)) == 0


def test_pauses_are_left_out() -> None:
    start = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    pauses = [(start + 2 * day, start + 6 * day), (start + 4 * day, start + 30 * day)]
    assert without(start, start + 10 * day, pauses) == 2
    assert without(start, start + 10 * day, []) == 10
