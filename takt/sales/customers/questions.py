"""What is asked of all customers at once; in a large organisation the worker finds it."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from takt.kernel.access.reach import sight_of
from takt.kernel.accounts.models import User
from takt.kernel.jobs.answers import Answer, answer, question
from takt.sales.customers.queries import lists, overview
from takt.sales.customers.queries.lists import Thin
from takt.sales.customers.queries.overview import Rung


def _sight(user: User | None) -> list[Any]:
    return sight_of(user, "company", "deal")


@question("customers.thin_lines", sight=_sight)
def _thin_lines(user: User, *, at: dt.datetime, least: int, limit: int) -> Any:
    return [asdict(one) for one in lists.thin_lines(user, least, limit)]


def thin_lines(user: User, least: int, limit: int, *, at: dt.datetime) -> tuple[list[Thin] | None, Answer]:
    """Companies with too few people in a line of business; None while they are still looked for."""
    found = answer("customers.thin_lines", {"least": least, "limit": limit}, user=user, at=at)
    return None if found.value is None else [Thin(**one) for one in found.value], found


@question("customers.dynamics", sight=_sight)
def _dynamics(user: User, *, at: dt.datetime, start: str, end: str) -> Any:
    days = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
    return [asdict(one) for one in overview.dynamics(user, *days)]


def dynamics(
    user: User, start: dt.date, end: dt.date, *, at: dt.datetime
) -> tuple[list[Rung] | None, Answer]:
    """Development and movement on the ladder; None while they are still counted."""
    asked = {"start": start.isoformat(), "end": end.isoformat()}
    found = answer("customers.dynamics", asked, user=user, at=at)
    return None if found.value is None else [Rung(**one) for one in found.value], found


@question("customers.rules_preview", sight=_sight)
def _preview(user: User, *, at: dt.datetime, today: str, days: int) -> Any:
    return {
        "levels": lists.proposals(user).count(),
        "contacts_per_line": len(lists.thin_lines(user, limit=1001)),
        "regular_check": lists.unspoken(user, dt.date.fromisoformat(today), days).count(),
    }


def rules_preview(user: User, today: dt.date, days: int, *, at: dt.datetime) -> dict[str, int]:
    """How many customers each rule would concern today; nothing while that is still counted."""
    found = answer("customers.rules_preview", {"today": today.isoformat(), "days": days}, user=user, at=at)
    return found.value or {}
