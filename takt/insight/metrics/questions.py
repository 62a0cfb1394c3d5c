"""Reports as questions: what takes long is found by the worker and kept for a while."""

import datetime as dt
from typing import Any

from takt.insight.metrics.reports import figures
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.access.reach import sight_of
from takt.kernel.accounts.models import User
from takt.kernel.jobs.answers import Answer, answer, question


def _sight(user: User | None) -> list[Any]:
    return sight_of(user, "deal")


@question("metrics.report", sight=_sight)
def _report(user: User | None, *, at: dt.datetime, name: str, part: str, given: dict[str, str]) -> Any:
    return figures(name, scope_of(user, given, at=at), [part])


def part_of(name: str, part: str, given: dict[str, str], *, user: User | None, at: dt.datetime) -> Answer:
    """The figures of one part of a report, as `figures` has them; the filter has been read without refusal."""
    return answer("metrics.report", {"name": name, "part": part, "given": given}, user=user, at=at)
