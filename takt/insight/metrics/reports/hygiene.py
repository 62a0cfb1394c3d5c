"""How well deals are kept: scores by week, and what each person's checks, audits and bonus say (F-9)."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.audits.planned import Course, courses, day_scores
from takt.insight.audits.queries import Reach, reach_for, scores
from takt.insight.audits.rules import CHECKS, week_of
from takt.insight.bonus.queries import ledgers, people_of
from takt.insight.bonus.rules import first_of, next_month
from takt.insight.metrics.reports.parts import Column, Part, Report, Table
from takt.insight.metrics.reports.scope import Scope, once
from takt.kernel.ui import formats

WEEKS, MOST_WEEKS, MOST_MONTHS = 12, 53, 12
WEEK = dt.timedelta(days=7)


def _reach(scope: Scope) -> Reach:
    return reach_for(scope.user, owner=scope.owner, team=scope.team)


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def weeks_of(scope: Scope) -> list[dt.date]:
    """The Mondays of the period; without one the last twelve weeks."""
    last = week_of(min(scope.until - dt.timedelta(days=1), scope.day) if scope.until else scope.day)
    first = week_of(scope.since) if scope.since else last - (WEEKS - 1) * WEEK
    count = min(max((last - first).days // 7 + 1, 1), MOST_WEEKS)
    return [last - (count - 1 - n) * WEEK for n in range(count)]


@once
def _courses(scope: Scope) -> tuple[Course, list[Course], list[Course]]:
    return courses(_reach(scope), weeks_of(scope), scope.day)


def weeks(scope: Scope) -> Part:
    """Everybody within reach together, week by week."""
    total, _teams, _people = _courses(scope)
    rows = []
    before: Decimal | None = None
    for week, value in zip(weeks_of(scope), total.weeks, strict=True):
        change = None if value is None or before is None else value - before
        rows.append({"week": week.isoformat(), "score": _rate(value), "change": _rate(change)})
        before = value if value is not None else before
    columns = [
        Column("week", _("Week of"), "date"),
        Column("score", _("Score"), "rate"),
        Column("change", _("Change"), "rate"),
    ]
    return Part({"score": _rate(total.weeks[-1])}, [Table("weeks", _("Score by week"), columns, rows)])


def _compared(scope: Scope, name: str, title: str, found: list[Course], nameless: str = "") -> Part:
    mondays = weeks_of(scope)
    rows = [
        {
            "id": one.id,
            "name": one.name or nameless,
            "change": _rate(one.change),
            **{f"w{n}": _rate(value) for n, value in enumerate(one.weeks)},
        }
        for one in found
    ]
    columns = [Column("name", _("Name"), "text"), Column("change", _("Change"), "rate")]
    columns += [
        Column(f"w{n}", formats.date_short(day), "rate") for n, day in reversed(list(enumerate(mondays)))
    ]
    return Part({}, [Table(name, title, columns, rows)])


def teams(scope: Scope) -> Part:
    return _compared(scope, "teams", _("By team and week"), _courses(scope)[1], _("Without a team"))


def people(scope: Scope) -> Part:
    return _compared(scope, "people", _("By person and week"), _courses(scope)[2])


def checks(scope: Scope) -> Part:
    """Each person's share in order by check as it stands now, with this month's violations and what they leave."""
    reach = _reach(scope)
    found = day_scores(reach, scope.day) if scope.moment else scores(reach).people
    month = first_of(scope.day)
    month_of = ledgers(people_of(scope.user, month), month, scope.day, moment=scope.moment)
    seen = {one.person.pk: one for one in month_of}
    columns = [Column("name", _("Name"), "text"), Column("score", _("Score"), "rate")]
    columns += [Column(code, str(CHECKS[code].label), "rate") for code in reach.codes]
    columns += [
        Column("violations", _("Violations of the month")),
        Column("bonus", _("Left of the bonus"), "rate"),
    ]
    rows = []
    for one in found:
        ledger = seen.get(one.id)  # nobody's bonus is told to whoever doesn't supervise him
        rows.append(
            {
                "id": one.id,
                "name": one.name,
                "score": _rate(one.tally.score),
                **{code: _rate(one.tally.of(code)) for code in reach.codes},
                "violations": ledger.costs if ledger else None,
                "bonus": _rate(Decimal(ledger.percent) / 100) if ledger else None,
            }
        )
    return Part({}, [Table("checks", _("By person and check, now"), columns, rows)])


HYGIENE = Report(
    "hygiene",
    gettext_lazy("Quality"),
    gettext_lazy(
        "The share of the audit's points that are in order, as each week ended; by today's deals for the single checks. "
        "Who was responsible on the day is judged by it."
    ),
    {"course": weeks, "course_teams": teams, "course_people": people, "by_check": checks},
    {
        "course": gettext_lazy("Score by week"),
        "course_teams": gettext_lazy("By team and week"),
        "course_people": gettext_lazy("By person and week"),
        "by_check": gettext_lazy("By person and check, now"),
    },
)


def months_of(scope: Scope) -> list[dt.date]:
    """The months of the period; without one the last three."""
    last = first_of(min(scope.until - dt.timedelta(days=1), scope.day) if scope.until else scope.day)
    month = first_of(scope.since) if scope.since else (last - dt.timedelta(days=40)).replace(day=1)
    found = []
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found[-MOST_MONTHS:]


def bonus(scope: Scope) -> Part:
    """What each month leaves of everybody's bonus, of the approved ones as they were frozen."""
    columns = [
        Column("month", _("Month"), "text"),
        Column("name", _("Name"), "text"),
        Column("percent", _("Left of the bonus"), "rate"),
        Column("violations", _("Violations")),
        Column("amount", _("Bonus"), "own_money"),
        Column("currency", _("Currency"), "text"),
        Column("approved", _("Approved"), "date"),
    ]
    rows = []
    for month in reversed(months_of(scope)):
        within = people_of(scope.user, month)
        if scope.owner:
            within = within.filter(pk=scope.owner)
        if scope.team:
            within = within.filter(team=scope.team)
        for one in ledgers(within, month, scope.day, moment=scope.moment):
            rows.append(
                {
                    "id": one.person.pk,
                    "month": f"{month:%Y-%m}",
                    "name": one.person.name,
                    "percent": _rate(Decimal(one.percent) / 100),
                    "violations": one.costs,
                    "amount": None if one.amount is None else str(one.amount),
                    "currency": one.currency,
                    "approved": one.sheet.approved_at.date().isoformat() if one.sheet else None,
                }
            )
    return Part({}, [Table("bonus", _("By month and person"), columns, rows)])


BONUS = Report(
    "bonus",
    gettext_lazy("Bonus"),
    gettext_lazy(
        "What the violations found by audits leave of each month's bonus. Approved months are frozen, the others are "
        "counted anew each time."
    ),
    {"bonus": bonus},
    {"bonus": gettext_lazy("By month and person")},
)
