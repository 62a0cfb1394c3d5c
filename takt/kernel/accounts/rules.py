"""What an account may look like; no database."""

import zoneinfo
from collections.abc import Mapping

from takt.kernel.accounts.models import Role, User

LANGUAGES = ("en", "ru", "zh-hans")
TEMPLATES = ("simple", "b2b", "enterprise")
MOST_TOKENS = 50
LONGEST_PASSWORD = 1024

# Failed sign-ins within the window after which nobody is let try again, and the window.
FAILURES_PER_ADDRESS, FAILURES_PER_EMAIL, FAILURE_MINUTES = 10, 50, 15

# What a person may change about himself; all else is the administrator's.
OWN_FIELDS = frozenset({"name", "language", "theme", "time_zone", "daily_norm", "single_keys"})
FIELDS = OWN_FIELDS | {"email", "role", "team"}


def is_role(slug: object) -> bool:
    return slug in Role.values


def is_theme(value: object) -> bool:
    return value in User.Theme.values


def is_time_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return bool(name)


def is_cycle(team: int, parent: int | None, parents: Mapping[int, int | None]) -> bool:
    """Whether `team` under `parent` would stand above itself."""
    seen: set[int] = set()
    while parent is not None and parent not in seen:
        if parent == team:
            return True
        seen.add(parent)
        parent = parents.get(parent)
    return False
