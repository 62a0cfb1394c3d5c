"""What is asked of the quality of all deals at once; in a large organisation the worker finds it."""

import datetime as dt
from decimal import Decimal
from typing import Any

from takt.insight.audits import queries
from takt.kernel.access.reach import sight_of
from takt.kernel.accounts.models import User
from takt.kernel.jobs.answers import Answer, answer, question


def _sight(user: User | None) -> list[Any]:
    """Whose deals are judged before his eyes, and which checks count."""
    reach = queries.reach_for(user)
    return [*sight_of(user, "deal"), None if reach.people is None else sorted(reach.people), reach.mask]


@question("audits.board", sight=_sight)
def _board(
    user: User | None, *, at: dt.datetime, owner: int | None, team: int | None, check: str, limit: int
) -> Any:
    reach = queries.reach_for(user, owner=owner, team=team)
    rows = [
        [*row[:2], None if row[2] is None else str(row[2]), *row[3:]]
        for row in queries.worst_rows(reach, check, limit)
    ]
    return {"scores": [list(row) for row in queries.score_rows(reach)], "worst": rows}


def board(
    user: User | None, *, owner: int | None, team: int | None, check: str, limit: int, at: dt.datetime
) -> tuple[tuple[queries.Scores, list[queries.Worst], bool] | None, Answer]:
    """The scores of everybody within reach, the deals that fail most and whether there are more; None while they are
    still counted. The deals are judged anew as they are shown."""
    asked = {"owner": owner, "team": team, "check": check, "limit": limit}
    found = answer("audits.board", asked, user=user, at=at)
    if found.value is None:
        return None, found
    reach = queries.reach_for(user, owner=owner, team=team)
    rows = [[*row[:2], None if row[2] is None else Decimal(row[2]), *row[3:]] for row in found.value["worst"]]
    worst, has_more = queries.worst(reach, at, check=check, limit=limit, rows=rows)
    return (queries.scores(reach, found.value["scores"]), worst, has_more), found
