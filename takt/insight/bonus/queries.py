"""Whose bonus a person reads, and the ledger of a month: of the approved from their sheets, of the others counted anew."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from takt.insight.audits.judging import start_of
from takt.insight.audits.models import AuditSession
from takt.insight.bonus.models import BonusAppeal, BonusBase, BonusRule, BonusSheet
from takt.insight.bonus.rules import (
    COUNTS,
    RUNNING,
    Evidence,
    Finding,
    Line,
    Terms,
    left_of,
    line_from_json,
    line_to_json,
    lines_of,
    next_month,
    percent_left,
    terms_on,
)
from takt.kernel.access.reach import own_reach
from takt.kernel.accounts.acts import MAY
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound

# Who supervises whom, as far as his deals are within reach: anybody above.
RANK = {"admin": 5, "ceo": 4, "vp": 3, "head": 2, "lead": 1}
SELLERS = ("rep", "lead")
LAST = dt.datetime.max.replace(tzinfo=dt.UTC) - dt.timedelta(days=2)


def people_seen(user: User | None) -> QuerySet[User]:
    """Those whose bonus the person reads: his own, and a supervisor that of the people below him. Whoever reads all
    deals for another reason, as an auditor does, reads nobody's bonus."""
    people = User.objects.all()
    if user is None:
        return people
    rank = RANK.get(user.role, 0)
    if not rank:
        return people.filter(pk=user.pk)
    below = people.exclude(role__in=[role for role, other in RANK.items() if other >= rank])
    reach = own_reach(user, "deal")
    if reach is not None:
        below = below.filter(pk__in=sorted(reach))
    return below | people.filter(pk=user.pk)


def terms_history() -> list[Terms]:
    rows = BonusRule.objects.order_by("from_on", "pk")
    return [
        Terms(r.from_on, r.single, r.repeated, r.repeats, r.tolerance, r.appeal_days, r.modes) for r in rows
    ]


@dataclass
class Ledger:
    """A person's month: its lines, what they leave of the bonus, and where it stands."""

    person: User
    month: dt.date
    terms: Terms
    lines: list[Line]
    percent: int
    base: Decimal | None = None
    currency: str = ""
    ready_on: dt.date | None = None  # from when on it can be approved; None: objections wait for a decision
    sheet: BonusSheet | None = None
    appeals: dict[tuple[int, str], BonusAppeal] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal | None:
        return None if self.base is None else left_of(self.base, self.percent)

    @property
    def costs(self) -> int:
        return sum(line.state == COUNTS for line in self.lines)

    @property
    def open_appeals(self) -> int:
        return sum(line.appeal == "open" for line in self.lines)

    def is_ready(self, today: dt.date) -> bool:
        return self.sheet is None and self.ready_on is not None and self.ready_on <= today

    def to_json(self) -> dict[str, Any]:
        """What is frozen: everything that the percentage and the sum follow from."""
        terms = self.terms
        return {
            "person": self.person.pk,
            "month": self.month.isoformat(),
            "percent": self.percent,
            "base": None if self.base is None else str(self.base),
            "currency": self.currency,
            "amount": None if self.amount is None else str(self.amount),
            "terms": {
                "from_on": terms.from_on.isoformat() if terms.from_on else None,
                "single": terms.single,
                "repeated": terms.repeated,
                "repeats": terms.repeats,
                "tolerance": terms.tolerance,
                "appeal_days": terms.appeal_days,
                "modes": dict(terms.modes),
            },
            "lines": [line_to_json(line) for line in self.lines],
        }


_AUDITS = """
SELECT session.id, place.owner_id, verdict.check_code, session.started_at, session.finished_at, count(*),
       array_agg(ARRAY[place.deal_id::text, place.looked_at::text, place.fix_until::text, verdict.fixed_at::text,
                       verdict.found, verdict.comment] ORDER BY place.deal_id)
           FILTER (WHERE verdict.verdict = 'fail' AND place.fix_until IS NOT NULL)
FROM audit_session session
JOIN audited_deal place ON place.session_id = session.id AND place.looked_at IS NOT NULL
JOIN audit_verdict verdict ON verdict.audited_id = place.id AND verdict.verdict <> 'na'
WHERE session.finished_at >= %s AND session.finished_at < %s AND place.owner_id = ANY(%s)
GROUP BY session.id, place.owner_id, verdict.check_code
ORDER BY session.finished_at, session.id, verdict.check_code
"""


def findings_of(
    people: Collection[int], month: dt.date, moment: dt.datetime | None = None
) -> dict[int, list[Finding]]:
    """What the audits finished in the month found of each person; one query."""
    found: dict[int, list[Finding]] = {}
    with connection.cursor() as cursor:
        end = start_of(next_month(month))
        last = end if moment is None else min(end, moment + dt.timedelta(microseconds=1))
        cursor.execute(_AUDITS, [start_of(month), last, sorted(people)])
        for audit, owner, check, began, finished, applicable, failed in cursor.fetchall():
            evidence = tuple(_evidence(row) for row in failed or ())
            finding = Finding(audit, check, _day(began), _day(finished), applicable, evidence)
            found.setdefault(owner, []).append(finding)
    return found


def _evidence(row: Sequence[str | None]) -> Evidence:
    deal, looked_at, fix_until, fixed_at, found, comment = row
    assert deal is not None
    assert looked_at is not None
    assert fix_until is not None
    return Evidence(
        int(deal),
        _day(dt.datetime.fromisoformat(looked_at)),
        dt.date.fromisoformat(fix_until),
        _day(dt.datetime.fromisoformat(fixed_at)) if fixed_at else None,
        found == "fail",
        comment or "",
    )


def _day(at: dt.datetime) -> dt.date:
    """The organisation's day of a moment."""
    return at.astimezone(start_of(dt.date(2000, 1, 1)).tzinfo).date()


def ledgers(
    people: Iterable[User], month: dt.date, today: dt.date, *, moment: dt.datetime | None = None
) -> list[Ledger]:
    """The month of each of these people, as it is or as it stood at a moment; a constant number of queries."""
    persons = list(people)
    ids = [p.pk for p in persons]
    history = terms_history()
    found = findings_of(ids, month, moment)
    then = moment or LAST
    sheets = {
        s.person_id: s
        for s in BonusSheet.objects.filter(
            Q(reopened_at=None) | Q(reopened_at__gt=then), month=month, person__in=ids, approved_at__lte=then
        ).select_related("approved_by")
    }
    appeals: dict[int, dict[tuple[int, str], BonusAppeal]] = {}
    made = BonusAppeal.objects.filter(person__in=ids, month=month, made_at__lte=then)
    for a in made.select_related("decided_by"):
        if a.decided_at is not None and a.decided_at > then:
            a.verdict, a.answer, a.decided_by, a.decided_at = "open", "", None, None
        appeals.setdefault(a.person_id, {})[(a.session_id, a.check_code)] = a
    bases: dict[int, BonusBase] = {}
    given = BonusBase.objects.filter(person__in=ids, from_month__lte=month, set_at__lte=then)
    for base in given.order_by("from_month", "pk"):
        bases[base.person_id] = base
    return [
        _frozen(p, month, sheets[p.pk], appeals.get(p.pk, {}))
        if p.pk in sheets
        else counted(p, month, found.get(p.pk, []), appeals.get(p.pk, {}), bases.get(p.pk), history, today)
        for p in persons
    ]


def counted(
    person: User,
    month: dt.date,
    findings: Iterable[Finding],
    appeals: dict[tuple[int, str], BonusAppeal],
    base: BonusBase | None,
    history: Sequence[Terms],
    today: dt.date,
) -> Ledger:
    """A month that isn't approved, as it follows from what was recorded."""
    lines = lines_of(findings, {key: a.verdict for key, a in appeals.items()}, history, today)
    terms = terms_on(month, history)
    ready: dt.date | None = next_month(month)
    for line in lines:
        if line.appeal == "open":
            ready = None
            break
        waits = line.finding.known_on if line.state == RUNNING else None
        if line.state == COUNTS and not line.appeal and line.appeal_until is not None:
            waits = line.appeal_until + dt.timedelta(days=1)
        if waits is not None and ready is not None:
            ready = max(ready, waits)
    return Ledger(
        person,
        month,
        terms,
        lines,
        percent_left(lines, terms),
        base.amount if base else None,
        base.currency if base else "",
        ready,
        None,
        appeals,
    )


def _frozen(
    person: User, month: dt.date, sheet: BonusSheet, appeals: dict[tuple[int, str], BonusAppeal]
) -> Ledger:
    kept: dict[str, Any] = sheet.ledger
    return Ledger(
        person,
        month,
        terms_of(kept["terms"]),
        [line_from_json(line) for line in kept["lines"]],
        kept["percent"],
        None if kept["base"] is None else Decimal(kept["base"]),
        kept["currency"],
        None,
        sheet,
        appeals,
    )


def terms_of(kept: dict[str, Any]) -> Terms:
    """The rule as a frozen ledger keeps it."""
    day = kept["from_on"]
    return Terms(**{**kept, "from_on": dt.date.fromisoformat(day) if day else None})


def deciders_of(person: User) -> list[int]:
    """Who decides about the person's objections: whoever may and stands above him; without an administrator, unless
    there is nobody else."""
    may = (
        User.objects.filter(role__in=MAY["approve_bonus"], is_active=True)
        .exclude(pk=person.pk)
        .order_by("pk")
    )
    above = [u for u in may if people_seen(u).filter(pk=person.pk).exists()]
    chosen = [u.pk for u in above if u.role != "admin"]
    return chosen or [u.pk for u in above]


def people_of(user: User | None, month: dt.date) -> QuerySet[User]:
    """Who has a line in the month: sellers at work, and whoever was audited, has a bonus set or a sheet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT place.owner_id FROM audited_deal place JOIN audit_session session ON session.id = place.session_id
            WHERE session.finished_at >= %s AND session.finished_at < %s AND place.looked_at IS NOT NULL
            UNION SELECT person_id FROM bonus_sheet WHERE month = %s AND reopened_at IS NULL
            UNION SELECT person_id FROM bonus_base WHERE from_month <= %s""",
            [start_of(month), start_of(next_month(month)), month, month],
        )
        extra = [pk for (pk,) in cursor.fetchall()]
    wanted = Q(role__in=SELLERS, is_active=True) | Q(pk__in=extra)
    return people_seen(user).filter(wanted).select_related("team").order_by("sort_key", "pk")


def default_currency() -> str:
    return str(settings.TAKT_CURRENCY)


def reads_others(user: User) -> bool:
    """Whether the person supervises anybody."""
    return user.role in RANK


def audits_behind(ledger: Ledger, user: User | None) -> dict[int, tuple[str, bool]]:
    """Of each audit in the ledger who walked through the deals, and whether the reader may open it."""
    audits = {line.finding.audit for line in ledger.lines}
    seen = set(AuditSession.objects.visible_to(user).filter(pk__in=audits).values_list("pk", flat=True))
    rows = AuditSession.objects.filter(pk__in=audits).values_list("pk", "auditor__name")
    return {pk: (name, pk in seen) for pk, name in rows}


def appeal_seen(pk: int, user: User | None) -> BonusAppeal:
    """An objection of somebody whose bonus the person reads."""
    row = BonusAppeal.objects.filter(pk=pk, person__in=people_seen(user)).select_related("person").first()
    if row is None:
        raise NotFound
    return row


def sheet_seen(pk: int, user: User | None) -> BonusSheet:
    """An approved month of somebody whose bonus the person reads."""
    row = BonusSheet.objects.filter(pk=pk, person__in=people_seen(user)).select_related("person").first()
    if row is None:
        raise NotFound
    return row
