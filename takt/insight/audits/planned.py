"""What pages and programs read of the weekly plan and of the course of the scores by week."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from takt.insight.audits.models import AuditRound, PlannedWalk, people_judged
from takt.insight.audits.queries import PersonScore, Reach, Tally
from takt.insight.audits.rules import score
from takt.kernel.access.reach import may
from takt.kernel.accounts.models import User


@dataclass(frozen=True)
class Part:
    """One person's part of the week: how many deals, how many looked at, and whether it is done."""

    id: int
    auditor: int
    auditor_name: str
    person: int
    person_name: str
    sample: int
    seed: int
    session: int | None
    deals: int
    looked_at: int
    is_done: bool


_PARTS = """
SELECT plan.id, plan.auditor_id, auditor.name, plan.person_id, person.name, plan.sample, plan.seed, plan.session_id,
       count(place.id), count(place.looked_at), session.finished_at IS NOT NULL
FROM audit_planned_walk plan
JOIN "user" auditor ON auditor.id = plan.auditor_id
JOIN "user" person ON person.id = plan.person_id
LEFT JOIN audit_session session ON session.id = plan.session_id
LEFT JOIN audited_deal place ON place.session_id = session.id
WHERE plan.week = %(week)s AND (%(everybody)s OR plan.auditor_id = %(me)s OR plan.person_id = ANY(%(people)s))
GROUP BY plan.id, auditor.id, person.id, session.id
ORDER BY auditor.sort_key, auditor.id, person.sort_key, person.id
"""
_WEEKS = """
WITH last AS (
    SELECT owner_id, date_trunc('week', day)::date AS week, max(day) AS day
    FROM audit_score_day WHERE day BETWEEN %(since)s AND %(until)s GROUP BY 1, 2
)
SELECT last.week, kept.owner_id, person.name, kept.team_id, coalesce(team.name, ''), sum(kept.applicable), sum(kept.failed)
FROM audit_score_day kept JOIN last ON last.owner_id = kept.owner_id AND last.day = kept.day
JOIN "user" person ON person.id = kept.owner_id LEFT JOIN team ON team.id = kept.team_id
WHERE kept.check_code = ANY(%(codes)s) AND (%(everybody)s OR kept.owner_id = ANY(%(people)s))
  AND (%(owner)s::bigint IS NULL OR kept.owner_id = %(owner)s)
  AND (%(team)s::bigint IS NULL OR kept.team_id = %(team)s)
GROUP BY 1, 2, 3, 4, 5, person.sort_key ORDER BY person.sort_key, kept.owner_id, last.week
"""


_DAY = """
SELECT kept.owner_id, person.name, kept.check_code, kept.applicable, kept.failed
FROM audit_score_day kept JOIN "user" person ON person.id = kept.owner_id
WHERE kept.day = %(day)s AND kept.check_code = ANY(%(codes)s)
  AND (%(everybody)s OR kept.owner_id = ANY(%(people)s))
  AND (%(owner)s::bigint IS NULL OR kept.owner_id = %(owner)s)
  AND (%(team)s::bigint IS NULL OR kept.team_id = %(team)s)
ORDER BY person.sort_key, person.id
"""


def day_scores(reach: Reach, day: dt.date) -> list[PersonScore]:
    """Everybody's checks as they were remembered at the end of a day."""
    found: dict[int, PersonScore] = {}
    with connection.cursor() as cursor:
        cursor.execute(_DAY, reach.values | {"day": day, "codes": reach.codes})
        for owner, name, code, applicable, failed in cursor.fetchall():
            one = found.setdefault(owner, PersonScore(owner, name, None, "", Tally()))
            one.tally.applicable[code], one.tally.failed[code] = applicable, failed
    return list(found.values())


def plan_of(user: User, week: dt.date) -> list[Part]:
    """The week's plan as far as the person audits himself or supervises whom it is about; one query."""
    people = people_judged(user)
    values: dict[str, Any] = {
        "week": week,
        "everybody": people is None,
        "me": user.pk,
        "people": sorted(people or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, values)
        return [Part(*row) for row in cursor.fetchall()]


def rounds_of(user: User) -> list[AuditRound]:
    """The weekly rounds: a manager's view of all, anybody else's of his own."""
    rows = (
        AuditRound.objects.filter(ended_at=None)
        .select_related("auditor", "team")
        .order_by("auditor__sort_key", "pk")
    )
    return list(rows if may(user, "edit_pipelines") else rows.filter(auditor=user))


def week_left(user: User, week: dt.date) -> tuple[int, int]:
    """Of the person's own plan of the week: how many audits are done, of how many."""
    rows = PlannedWalk.objects.filter(week=week, auditor=user)
    found = list(rows.values_list("session__finished_at", flat=True))
    return sum(at is not None for at in found), len(found)


@dataclass
class Course:
    """The scores of a person or a team at the end of each week, oldest first; None where there was none."""

    id: int | None
    name: str
    weeks: list[Decimal | None]

    @property
    def change(self) -> Decimal | None:
        """The last week's score against the one before it that has one."""
        known = [value for value in self.weeks if value is not None]
        return known[-1] - known[-2] if len(known) > 1 and self.weeks[-1] is not None else None


def courses(
    reach: Reach, weeks: list[dt.date], until: dt.date | None = None
) -> tuple[Course, list[Course], list[Course]]:
    """All within reach together, by team and by person, as each week ended; one query."""
    end = min(until or dt.date.max, weeks[-1] + dt.timedelta(days=6))
    values = reach.values | {"since": weeks[0], "until": end, "codes": reach.codes}
    place = {week: n for n, week in enumerate(weeks)}
    sums: dict[tuple[str, int | None], tuple[str, list[tuple[int, int]]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, values)
        rows = cursor.fetchall()
    for week, owner, name, team, team_name, applicable, failed in rows:
        if week not in place:
            continue
        for key, label in ((("person", owner), name), (("team", team), team_name), (("all", None), "")):
            _label, found = sums.setdefault(key, (label, [(0, 0)] * len(weeks)))
            before = found[place[week]]
            found[place[week]] = (before[0] + int(applicable), before[1] + int(failed))
    made = {
        key: Course(key[1], label, [score(applied, failed) for applied, failed in found])
        for key, (label, found) in sums.items()
    }
    total = made.pop(("all", None), Course(None, "", [None] * len(weeks)))
    teams = sorted((c for (kind, _pk), c in made.items() if kind == "team"), key=lambda c: c.name)
    return total, teams, [c for (kind, _pk), c in made.items() if kind == "person"]
