"""The rep's day: what counts, how far it should be by now, when "Monday" is. No database."""

import datetime as dt
import math
from dataclasses import dataclass

DAY_STARTS, DAY_ENDS = 9, 18  # working hours of the pace (domain spec 1.1)
USUAL_HOUR = 9
MOST_BEATS = 60
BEAT, STEP = 12, 20


@dataclass(frozen=True)
class Progress:
    """Counted actions of a day against its plan; `target` is the level above the plan."""

    done: int
    plan: int
    target: int
    expected: int

    @property
    def is_met(self) -> bool:
        return self.done >= self.plan

    @property
    def behind(self) -> int:
        return max(0, self.expected - self.done)

    @property
    def ahead(self) -> int:
        return max(0, self.done - self.expected)


@dataclass(frozen=True)
class Beat:
    """One bar of the plan: its place in the picture and whether it is done, or due by now and missing."""

    x: int
    y: int
    height: int
    state: str


def expected_by(now: dt.datetime, plan: int) -> int:
    """How many actions the pace asks for at this local time; nothing before nine and on weekends."""
    if now.weekday() >= 5:
        return 0
    hours = now.hour + now.minute / 60 - DAY_STARTS
    share = min(max(hours / (DAY_ENDS - DAY_STARTS), 0), 1)
    return math.ceil(plan * share - 1e-9)


def beats(progress: Progress) -> list[Beat]:
    """One bar per planned action, every fifth taller; a plan too long to draw is drawn to scale."""
    count = min(max(progress.plan, 1), MOST_BEATS)
    scale = count / max(progress.plan, 1)
    done, expected = min(count, int(progress.done * scale)), min(count, int(progress.expected * scale))
    found = []
    for i in range(count):
        state = "done" if i < done else "gap" if i < expected else ""
        is_tall = i % 5 == 0
        found.append(Beat(i * STEP, 0 if is_tall else 4, 24 if is_tall else 20, state))
    return found


def beats_width(progress: Progress) -> int:
    return min(max(progress.plan, 1), MOST_BEATS) * STEP - (STEP - BEAT)


def preset_day(preset: str, today: dt.date) -> dt.date | None:
    """The day a preset means; Monday is never today, tomorrow skips nothing."""
    match preset:
        case "today":
            return today
        case "tomorrow":
            return today + dt.timedelta(days=1)
        case "monday":
            return next_monday(today)
        case "week":
            return today + dt.timedelta(days=7)
    return None


def next_monday(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=7 - today.weekday())


def usual_next_day(today: dt.date) -> dt.date:
    """The next working day: where a next step is put unless the person says otherwise."""
    return next_monday(today) if today.weekday() >= 4 else today + dt.timedelta(days=1)


def days_late(due: dt.datetime, now: dt.datetime) -> int:
    """Whole local calendar days (domain spec 1.1, 4)."""
    return (now.date() - due.date()).days
