"""How long what was deleted can be brought back (domain spec 5.3 and Decided 14)."""

import datetime as dt

RUN_AT = dt.time(4, 0)  # UTC, as the timer of `jobs.py` says


def restorable_until(deleted_at: dt.datetime, days: int) -> dt.datetime:
    """Days of 24 hours, so that a change of the clocks takes nothing away."""
    return deleted_at + dt.timedelta(days=days)


def purged_at(deleted_at: dt.datetime, days: int) -> dt.datetime:
    """The nightly run that removes it for good: the first one when its days have passed."""
    until = restorable_until(deleted_at, days).astimezone(dt.UTC)
    run = dt.datetime.combine(until.date(), RUN_AT, dt.UTC)
    return run if run >= until else run + dt.timedelta(days=1)


def deleted_before(at: dt.datetime, days: int) -> dt.datetime:
    """What was deleted then or earlier goes in a run at `at`."""
    return at - dt.timedelta(days=days)
