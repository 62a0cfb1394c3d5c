"""What a month's audits leave of a bonus; pure decisions (domain spec 2.7; Decided 8; T-BON)."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from takt.insight.audits.rules import after_working_days

OFF, WARN, ENFORCE = "off", "warn", "enforce"
MODES = (OFF, WARN, ENFORCE)
FULL = 100
# What a line of the ledger is: costs something; only warns; the objection was accepted; found again before the first
# time could be put right; there is still time to put it right.
COUNTS, WARNS, ANNULLED, SAME, RUNNING = "counts", "warns", "annulled", "same", "running"


@dataclass(frozen=True)
class Terms:
    """The rule of the bonus that holds from a day on."""

    from_on: dt.date | None = None
    single: int = 95
    repeated: int = 90
    repeats: int = 2
    tolerance: int = 2
    appeal_days: int = 3
    modes: Mapping[str, str] = field(default_factory=lambda: {"A1": WARN, "A4": WARN})

    def mode(self, check: str) -> str:
        return self.modes.get(check, OFF)


def terms_on(day: dt.date, history: Sequence[Terms]) -> Terms:
    """The rule in force on a day: of those begun by then the latest, and of several from one day the last set."""
    found = Terms()
    for terms in sorted(history, key=lambda t: t.from_on or dt.date.min):
        if terms.from_on is not None and terms.from_on <= day:
            found = terms
    return found


@dataclass(frozen=True)
class Evidence:
    """One deal that failed a check in an audit, and was not put right in time, or not yet."""

    deal: int
    found_on: dt.date
    fix_until: dt.date
    fixed_on: dt.date | None
    is_computed: bool  # Takt found it itself; else only whoever walked through the deals saw it
    comment: str = ""

    def is_left(self) -> bool:
        return self.fixed_on is None or self.fixed_on > self.fix_until

    def days(self, today: dt.date) -> int:
        """How long it has stood since it was found."""
        return max(((self.fixed_on or today) - self.found_on).days, 0)


@dataclass(frozen=True)
class Finding:
    """One check of one person in one finished audit: on how many deals it was asked, and which failed."""

    audit: int
    check: str
    began_on: dt.date
    finished_on: dt.date
    applicable: int
    failed: tuple[Evidence, ...]

    @property
    def known_on(self) -> dt.date:
        """The day from which it is certain whether the check was violated: all the days to put right are over."""
        last = max(e.fix_until for e in self.failed)
        return max(self.finished_on, last + dt.timedelta(days=1))


@dataclass(frozen=True)
class Line:
    """A check found violated in one audit; `state` says what that means for the bonus."""

    finding: Finding
    state: str
    appeal: str = ""  # open, accepted, refused, or nobody objected
    appeal_until: dt.date | None = None

    @property
    def check(self) -> str:
        return self.finding.check


def is_violated(finding: Finding, tolerance: int) -> bool:
    """More than the tolerance of what applied was not put right in time; of A1 anything (Decided 8)."""
    left = sum(e.is_left() for e in finding.failed)
    if not left:
        return False
    return finding.check == "A1" or Decimal(left) / finding.applicable * 100 > tolerance


def lines_of(
    findings: Iterable[Finding],
    appeals: Mapping[tuple[int, str], str],
    history: Sequence[Terms],
    today: dt.date,
) -> list[Line]:
    """The ledger of a person's month, in the order of its audits, whatever order the findings come in.

    A check's mode is that of the day on which the audit began. What an audit finds again before the person could have
    put right what the one before it found is the same violation, not another one.
    """
    lines: list[Line] = []
    known: dict[str, dt.date] = {}  # by check, since when the last violation that counts is certain
    for one in sorted(findings, key=lambda f: (f.finished_on, f.audit, f.check)):
        terms = terms_on(one.began_on, history)
        mode = terms.mode(one.check)
        if mode == OFF or not one.failed:
            continue
        line = Line(one, RUNNING)
        if one.known_on > today:
            if is_violated(replace(one, failed=tuple(_as_it_stands(one.failed))), terms.tolerance):
                lines.append(line)
            continue
        if not is_violated(one, terms.tolerance):
            continue
        appeal = appeals.get((one.audit, one.check), "")
        until = after_working_days(one.known_on, terms.appeal_days)
        if mode == WARN:
            lines.append(replace(line, state=WARNS))
            continue
        state = COUNTS
        if appeal == "accepted":
            state = ANNULLED
        elif (before := known.get(one.check)) is not None and one.began_on < before:
            state = SAME
        else:
            known[one.check] = one.known_on
        lines.append(replace(line, state=state, appeal=appeal, appeal_until=until))
    return lines


def _as_it_stands(failed: Iterable[Evidence]) -> Iterable[Evidence]:
    """What is put right already, late or not, is no threat any more."""
    return (e for e in failed if e.is_left())


def percent_left(lines: Iterable[Line], terms: Terms) -> int:
    """All of the bonus, or what a single or a repeated violation leaves of it."""
    times: dict[str, int] = {}
    for line in lines:
        if line.state == COUNTS:
            times[line.check] = times.get(line.check, 0) + 1
    if not times:
        return FULL
    return terms.repeated if max(times.values()) >= terms.repeats else terms.single


def left_of(amount: Decimal, percent: int) -> Decimal:
    """The bonus of the month in money."""
    return (amount * percent / FULL).quantize(Decimal("0.01"), ROUND_HALF_UP)


def seal_of(ledger: Any) -> str:
    """The fingerprint of an approved ledger."""
    text = json.dumps(ledger, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def line_to_json(line: Line) -> dict[str, Any]:
    one = line.finding
    return {
        "audit": one.audit,
        "check": one.check,
        "began_on": one.began_on.isoformat(),
        "finished_on": one.finished_on.isoformat(),
        "applicable": one.applicable,
        "state": line.state,
        "appeal": line.appeal,
        "appeal_until": line.appeal_until.isoformat() if line.appeal_until else None,
        "failed": [
            {
                "deal": e.deal,
                "found_on": e.found_on.isoformat(),
                "fix_until": e.fix_until.isoformat(),
                "fixed_on": e.fixed_on.isoformat() if e.fixed_on else None,
                "is_computed": e.is_computed,
                "comment": e.comment,
            }
            for e in one.failed
        ],
    }


def line_from_json(kept: Mapping[str, Any]) -> Line:
    def day(text: str | None) -> dt.date | None:
        return dt.date.fromisoformat(text) if text else None

    failed = tuple(
        Evidence(
            e["deal"],
            dt.date.fromisoformat(e["found_on"]),
            dt.date.fromisoformat(e["fix_until"]),
            day(e["fixed_on"]),
            e["is_computed"],
            e["comment"],
        )
        for e in kept["failed"]
    )
    finding = Finding(
        kept["audit"],
        kept["check"],
        dt.date.fromisoformat(kept["began_on"]),
        dt.date.fromisoformat(kept["finished_on"]),
        kept["applicable"],
        failed,
    )
    return Line(finding, kept["state"], kept["appeal"], day(kept["appeal_until"]))


def first_of(day: dt.date) -> dt.date:
    return day.replace(day=1)


def next_month(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def last_month(month: dt.date) -> dt.date:
    return (month.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
