"""What pages and programs read of audits: scores, the deals behind them, how they went over time, and walks."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from takt.insight.audits.judging import Judged, Reason, judge_at
from takt.insight.audits.models import AuditedDeal, AuditSession, AuditVerdict, people_judged
from takt.insight.audits.rules import BIT, CODES, NA, PASS, score, switched_on, verdict_of, violations
from takt.kernel.accounts.models import User
from takt.kernel.settings.queries import all_values
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.gates import today_of


@dataclass
class Tally:
    """To how many deals each check applied, and how many failed it."""

    deals: int = 0
    applicable: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CODES, 0))
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CODES, 0))

    def add(self, other: "Tally") -> None:
        self.deals += other.deals
        for code in CODES:
            self.applicable[code] += other.applicable[code]
            self.failed[code] += other.failed[code]

    @property
    def score(self) -> Decimal | None:
        return score(sum(self.applicable.values()), sum(self.failed.values()))

    def of(self, code: str) -> Decimal | None:
        return score(self.applicable[code], self.failed[code])


@dataclass
class PersonScore:
    id: int
    name: str
    team: int | None
    team_name: str
    tally: Tally


@dataclass
class Scores:
    """The scores of everybody within the reader's reach; only checks that are switched on count."""

    total: Tally
    teams: list[tuple[int | None, str, Tally]]
    people: list[PersonScore]
    codes: list[str]


_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE kept.applicable & %(mask)s & {bit} > 0),"
    f" count(*) FILTER (WHERE kept.failed & %(mask)s & {bit} > 0)"
    for bit in BIT.values()
)
_SCORES = f"""
SELECT person.id, person.name, person.team_id, coalesce(team.name, ''), count(*), {_COUNTS}
FROM deal_quality kept
JOIN deal ON deal.id = kept.deal_id AND deal.deleted_at IS NULL
JOIN "user" person ON person.id = deal.owner_id
LEFT JOIN team ON team.id = person.team_id
WHERE (%(everybody)s OR deal.owner_id = ANY(%(people)s))
  AND (%(owner)s::bigint IS NULL OR deal.owner_id = %(owner)s)
  AND (%(team)s::bigint IS NULL OR person.team_id = %(team)s)
GROUP BY person.id, person.name, person.team_id, team.name, person.sort_key
ORDER BY person.sort_key, person.id
"""
_WORST = """
SELECT deal.id, deal.name, deal.amount, deal.currency, person.name, stage.name, deal.status,
       kept.applicable & %(mask)s, kept.failed & %(mask)s
FROM deal_quality kept
JOIN deal ON deal.id = kept.deal_id AND deal.deleted_at IS NULL
JOIN "user" person ON person.id = deal.owner_id
JOIN stage ON stage.id = deal.stage_id
WHERE (%(everybody)s OR deal.owner_id = ANY(%(people)s))
  AND (%(owner)s::bigint IS NULL OR deal.owner_id = %(owner)s)
  AND (%(team)s::bigint IS NULL OR person.team_id = %(team)s)
  AND kept.failed & %(wanted)s > 0
ORDER BY bit_count((kept.failed & %(mask)s)::bit(16)) DESC, deal.amount DESC NULLS LAST, deal.id
LIMIT %(limit)s
"""
_TREND = """
SELECT day, sum(applicable), sum(failed) FROM audit_score_day
WHERE day > %(since)s AND (%(everybody)s OR owner_id = ANY(%(people)s)) AND check_code = ANY(%(codes)s)
  AND (%(owner)s::bigint IS NULL OR owner_id = %(owner)s) AND (%(team)s::bigint IS NULL OR team_id = %(team)s)
GROUP BY day ORDER BY day
"""


@dataclass(frozen=True)
class Reach:
    """Whose deals the reader's figures are about; None is everybody's."""

    people: frozenset[int] | None
    owner: int | None = None
    team: int | None = None
    mask: int = 0

    @property
    def values(self) -> dict[str, Any]:
        return {
            "everybody": self.people is None,
            "people": sorted(self.people or ()),
            "owner": self.owner,
            "team": self.team,
            "mask": self.mask,
        }

    @property
    def codes(self) -> list[str]:
        return [code for code in CODES if self.mask & BIT[code]]


def reach_for(user: User | None, *, owner: int | None = None, team: int | None = None) -> Reach:
    """A rep's own deals, a lead's team, an auditor's everything. Who stands in for a colleague isn't judged by him."""
    return Reach(people_judged(user), owner, team, switched_on(all_values()))


def _asked(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def score_rows(reach: Reach) -> list[tuple[Any, ...]]:
    """A row of counts for every person; one query, whatever their number."""
    return _asked(_SCORES, reach.values)


def scores(reach: Reach, rows: Iterable[Sequence[Any]] | None = None) -> Scores:
    """What the rows of counts come to."""
    people = []
    for pk, name, team, team_name, deals, *counts in score_rows(reach) if rows is None else rows:
        tally = Tally(
            deals, dict(zip(CODES, counts[::2], strict=True)), dict(zip(CODES, counts[1::2], strict=True))
        )
        people.append(PersonScore(pk, name, team, team_name, tally))
    total = Tally()
    teams: dict[int | None, tuple[str, Tally]] = {}
    for one in people:
        total.add(one.tally)
        teams.setdefault(one.team, (one.team_name, Tally()))[1].add(one.tally)
    named = sorted(((pk, name, tally) for pk, (name, tally) in teams.items()), key=lambda t: t[1])
    return Scores(total, named, people, reach.codes)


@dataclass(frozen=True)
class Worst:
    """A deal that fails something, with the reasons as they are this moment."""

    id: int
    name: str
    amount: Decimal | None
    currency: str
    owner: str
    stage: str
    status: str
    judged: Judged


def worst_rows(reach: Reach, check: str, limit: int) -> list[Sequence[Any]]:
    """The deals that fail most by what is kept of them, and one more than the limit where there are more."""
    wanted = BIT[check] & reach.mask if check else reach.mask
    return list(_asked(_WORST, reach.values | {"wanted": wanted, "limit": limit + 1}))


def worst(
    reach: Reach,
    at: dt.datetime,
    *,
    check: str = "",
    limit: int = 50,
    rows: Sequence[Sequence[Any]] | None = None,
) -> tuple[list[Worst], bool]:
    """The deals that fail most, the largest first among equals, and whether there are more.

    Judged anew as they are shown, so that what was put right a moment ago isn't there any more.
    """
    wanted = BIT[check] & reach.mask if check else reach.mask
    if rows is None:
        rows = worst_rows(reach, check, limit)
    judged = judge_at([row[0] for row in rows[:limit]], at)
    found = []
    for pk, name, amount, currency, owner, stage, status, _applicable, _failed in rows[:limit]:
        now = judged.get(pk)
        if now is None or not now.failed & wanted:
            continue
        found.append(Worst(pk, name, amount, currency, owner, stage, status, only(now, reach.mask)))
    return found, len(rows) > limit


def only(judged: Judged, mask: int) -> Judged:
    """The same without the checks that are switched off."""
    return Judged(
        judged.deal,
        judged.owner,
        judged.applicable & mask,
        judged.failed & mask,
        [r for r in judged.reasons if BIT[r.code] & mask],
    )


def trend(reach: Reach, since: dt.date) -> list[tuple[dt.date, Decimal]]:
    """The score of each day that was remembered."""
    values = reach.values | {"since": since, "codes": reach.codes}
    found = []
    for day, applicable, failed in _asked(_TREND, values):
        if (value := score(int(applicable), int(failed))) is not None:
            found.append((day, value))
    return found


def walk_of(session: AuditSession, place: int) -> AuditedDeal | None:
    """The deal at a place of a walk."""
    rows = AuditedDeal.objects.select_related("deal__stage", "deal__owner", "task")
    return rows.filter(session=session, position=place).first()


@dataclass(frozen=True)
class Report:
    """What a walk has found so far: per check how many passed of how many, and what is still to be put right."""

    deals: int
    looked_at: int
    tally: Tally
    left: dict[str, int]
    violated: list[str]


def report_of(session: AuditSession, today: dt.date) -> Report:
    """Deals looked at only. A check counts as violated once the day is over until which it was to be put right."""
    rows = AuditedDeal.objects.filter(session=session).values_list("pk", "looked_at", "fix_until")
    deals = {pk: fix_until for pk, looked_at, fix_until in rows if looked_at is not None}
    tally = Tally(len(deals))
    left = dict.fromkeys(CODES, 0)
    items = []
    said = AuditVerdict.objects.filter(audited__in=deals).values_list(
        "audited_id", "check_code", "verdict", "fixed_at"
    )
    for audited, code, verdict, fixed_at in said:
        if verdict != NA:
            tally.applicable[code] += 1
        if verdict not in {NA, PASS}:
            tally.failed[code] += 1
            left[code] += fixed_at is None
        items.append((code, verdict, _in_time(fixed_at, deals[audited], today)))
    return Report(len(rows), len(deals), tally, left, violations(items))


def _in_time(fixed_at: dt.datetime | None, fix_until: dt.date | None, today: dt.date) -> bool:
    """Put right by its day, or still within it."""
    if fix_until is None:
        return True
    return today <= fix_until if fixed_at is None else today_of(fixed_at) <= fix_until


def counts_of(sessions: Collection[AuditSession]) -> dict[int, tuple[int, int]]:
    """Deals of each walk, and how many have been looked at."""
    found = _asked(
        "SELECT session_id, count(*), count(looked_at) FROM audited_deal WHERE session_id = ANY(%(ids)s) GROUP BY 1",
        {"ids": [s.pk for s in sessions]},
    )
    return {pk: (deals, done) for pk, deals, done in found}


@dataclass(frozen=True)
class Line:
    """One check of the deal that the auditor looks at: what Takt finds now, and what he said before."""

    code: str
    found: str
    verdict: str
    comment: str
    reasons: list[Reason]


def lines_of(row: AuditedDeal, judged: Judged) -> list[Line]:
    """The seven lines of a deal in a walk; before it was looked at the verdict is what Takt finds this moment."""
    said = {v.check_code: v for v in AuditVerdict.objects.filter(audited=row)}
    lines = []
    for code in CODES:
        found = verdict_of(code, judged.applicable, judged.failed)
        verdict = said[code].verdict if row.looked_at else found
        reasons = [r for r in judged.reasons if r.code == code]
        lines.append(Line(code, found, verdict, said[code].comment, reasons))
    return lines


@dataclass(frozen=True)
class Failure:
    """What an audit wants put right of a deal."""

    deal: int
    name: str
    is_seen: bool
    owner: str
    code: str
    comment: str
    fix_until: dt.date | None
    fixed_at: dt.datetime | None
    task: int | None


MOST_FAILURES = 1_000


def failures_of(session: AuditSession, user: User | None) -> list[Failure]:
    """In the order of the walk; a deal that the reader may not see has no name."""
    rows = (
        AuditVerdict.objects.filter(audited__session=session, verdict="fail", audited__looked_at__isnull=False)
        .order_by("audited__position", "check_code")
        .values_list(
            "audited__deal_id", "audited__deal__name", "audited__owner__name", "check_code", "comment",
            "audited__fix_until", "fixed_at", "audited__task_id",
        )[:MOST_FAILURES]
    )  # fmt: skip
    found = list(rows)
    seen = set(
        Deal.objects.visible_to(user).filter(pk__in={r[0] for r in found}).values_list("pk", flat=True)
    )
    return [
        Failure(deal, name if deal in seen else "", deal in seen, owner, code, comment, until, fixed, task)
        for deal, name, owner, code, comment, until, fixed, task in found
    ]


@dataclass(frozen=True)
class Before:
    """The audit of the same person or stage before this one, and its score."""

    id: int
    at: dt.datetime
    score: Decimal | None


def audit_before(session: AuditSession, today: dt.date) -> Before | None:
    """What this audit is compared with; its people are the same, so whoever reads the one reads the other."""
    rows = AuditSession.objects.filter(
        person=session.person_id, stage=session.stage_id, finished_at__lt=session.started_at
    )
    row = rows.order_by("-finished_at", "-pk").first()
    if row is None or row.finished_at is None:
        return None
    return Before(row.pk, row.finished_at, report_of(row, today).tally.score)


def people_of(session: AuditSession) -> list[tuple[int, str, int, int]]:
    """In an audit of a stage: person, name, points asked and points to be put right."""
    return _asked(
        """SELECT person.id, person.name, count(*), count(*) FILTER (WHERE verdict.verdict = 'fail')
        FROM audited_deal place JOIN audit_verdict verdict ON verdict.audited_id = place.id AND verdict.verdict <> 'na'
        JOIN "user" person ON person.id = place.owner_id
        WHERE place.session_id = %(id)s AND place.looked_at IS NOT NULL
        GROUP BY person.id ORDER BY 4 DESC, person.sort_key""",
        {"id": session.pk},
    )
