"""How long is too long: pure decisions over days (domain spec 3.3, 5.7, 6.13; Decided 10, 11)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

OFF, WARN, ENFORCE = 0, 1, 2
WINDOW_DAYS = 180
ENOUGH = 10  # passages, or won deals, from which the firm's own figures count
REVIEWS_A_DAY = 5
LEAST_GAP = 3

TOO_FAR, STALE = "too_far", "stale"
FLAG_BIT = {TOO_FAR: 1, STALE: 2}


@dataclass(frozen=True)
class Limit:
    """After how many days a deal is too long in a stage, and where that figure comes from."""

    days: Decimal
    count: int  # passages that it was found from; 0 where it is the norm

    @property
    def is_own(self) -> bool:
        return self.count > 0


def limit_of(stays: Sequence[float], norm: int | None) -> Limit | None:
    """The mean of the firm's own stays, or the set norm where there are fewer than ten; none where neither is known."""
    if len(stays) >= ENOUGH:
        return Limit(Decimal(sum(stays) / len(stays)), len(stays))
    return Limit(Decimal(norm), 0) if norm else None


def is_over(age: Decimal | float | int, limit: Limit | None) -> bool:
    return limit is not None and Decimal(age) > limit.days


def needs_review(age: Decimal | float | int, limit: Limit | None, percent: int = 150) -> bool:
    """Far enough beyond the limit that the owner has to say what comes next."""
    return limit is not None and Decimal(age) > limit.days * percent / 100


def gap_limit(cycle: Decimal | float | None, own: int | None, percent: int = 33) -> int | None:
    """Working days within which the next contact has to be: the stage's own, or a share of the cycle, at least three."""
    if own:
        return own
    if cycle is None:
        return None
    share = (Decimal(cycle) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return max(LEAST_GAP, int(share))


def working_days(since: dt.date, until: dt.date) -> int:
    """Monday to Friday, the first day left out; none where it isn't later."""
    if until <= since:
        return 0
    weeks, rest = divmod((until - since).days, 7)
    return weeks * 5 + sum((since + dt.timedelta(days=i)).weekday() < 5 for i in range(1, rest + 1))


def flags_of(gap: int | None, limit: int | None, age: int, stay: Limit | None) -> tuple[str, ...]:
    """What makes a deal with a next step suspicious all the same: contact too far away, a stage that it is stuck in.

    `gap` is none where nothing is planned: that is another rule's.
    """
    if gap is None:
        return ()
    far = (TOO_FAR,) if limit is not None and gap > limit else ()
    return far + ((STALE,) if is_over(age, stay) else ())


@dataclass(frozen=True)
class Stay:
    """A deal's days in a stage; one that is there still has no end yet."""

    days: float
    is_over: bool


def survival(stays: Iterable[Stay]) -> list[tuple[float, float]]:
    """Kaplan–Meier: the share still in the stage after each day on which one left; ends before the open ones of that day."""
    found = sorted(stays, key=lambda stay: stay.days)
    at_risk, share, steps = len(found), 1.0, []
    for days, together in groupby(found, key=lambda stay: stay.days):
        here = list(together)
        ended = sum(stay.is_over for stay in here)
        if ended:
            share *= 1 - ended / at_risk
            steps.append((days, share))
        at_risk -= len(here)
    return steps


def survival_quantile(steps: Sequence[tuple[float, float]], part: float = 0.5) -> float | None:
    """The day by which `part` of the deals have left, the open ones thought of; none where that isn't known yet."""
    return next((days for days, share in steps if share <= 1 - part + 1e-12), None)


def restricted_mean(steps: Sequence[tuple[float, float]], horizon: float) -> float:
    """The mean number of days in the stage, looked at up to `horizon`."""
    area, last, share = 0.0, 0.0, 1.0
    for days, after in steps:
        if days >= horizon:
            break
        area += (days - last) * share
        last, share = days, after
    return area + (horizon - last) * share


def without(start: dt.datetime, end: dt.datetime, pauses: Iterable[tuple[dt.datetime, dt.datetime]]) -> float:
    """Days from start to end, without the pauses, which may overlap."""
    total, reached = (end - start).total_seconds(), start
    for since, until in sorted(pauses):
        since, until = max(since, reached), min(until, end)
        if until > since:
            total -= (until - since).total_seconds()
            reached = until
    return total / 86_400
