"""Pure decisions of the rituals: which day a stand-up looks back on, and who speaks in which turn."""

import datetime as dt
from collections.abc import Sequence

SATURDAY = 5
TURN_SECONDS = 120  # domain spec 2.6: two minutes each


def looked_back_on(day: dt.date) -> dt.date:
    """The first of the days that a stand-up looks back on: the working day before, with the weekend after it."""
    before = day - dt.timedelta(days=1)
    while before.weekday() >= SATURDAY:
        before -= dt.timedelta(days=1)
    return before


def round_on(day: dt.date, people: Sequence[int]) -> list[int]:
    """The turn of a day; everybody begins once, day by day."""
    if not people:
        return []
    first = day.toordinal() % len(people)
    return [*people[first:], *people[:first]]
