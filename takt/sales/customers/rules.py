"""What purchases and contacts say about a customer: segment, rung of the ladder, level. No database."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

WINDOW_MONTHS = 24
RECENCY = ((30, 5), (90, 4), (180, 3), (365, 2))  # days since the last purchase, at most: score
FREQUENCY = ((8, 5), (5, 4), (3, 3), (2, 2))  # purchases, at least: score
NEED_FROM, OFFER_FROM = 20, 50  # percent of the furthest stage a deal has seen
REGULAR_FROM = 3  # purchases in twelve months
LOSS_WEIGHS_DAYS = 180
MOST_PENALTIES = 3


def recency_score(days: int) -> int:
    return next((score for most, score in RECENCY if days <= most), 1)


def frequency_score(purchases: int) -> int:
    return next((score for least, score in FREQUENCY if purchases >= least), 1)


def money_scores(amounts: Sequence[Decimal]) -> list[int]:
    """Which fifth each amount stands in, counted from below; equal amounts stand in the same one."""
    ordered = sorted(amounts)
    return [ceil(5 * (ordered.index(amount) + 1) / len(amounts)) for amount in amounts]


@dataclass(frozen=True)
class Bought:
    """What a company bought in the window."""

    days: int  # since the last time
    purchases: int
    amount: Decimal


@dataclass(frozen=True)
class Scores:
    recency: int
    frequency: int
    monetary: int
    segment: str


def segments(bought: Mapping[int, Bought]) -> dict[int, Scores]:
    """The scores of every company that bought, and whether each is at least the mean of all (domain spec 6.6)."""
    if not bought:
        return {}
    r = [recency_score(b.days) for b in bought.values()]
    f = [frequency_score(b.purchases) for b in bought.values()]
    m = money_scores([b.amount for b in bought.values()])
    n = len(bought)

    def digit(score: int, scores: Sequence[int]) -> str:
        return "1" if score * n >= sum(scores) else "0"

    return {
        key: Scores(r[i], f[i], m[i], digit(r[i], r) + digit(f[i], f) + digit(m[i], m))
        for i, key in enumerate(bought)
    }


@dataclass(frozen=True)
class Known:
    """What is known of a company, for the ladder."""

    is_reachable: bool = False
    was_contacted: bool = False
    furthest_percent: int = 0
    won: int = 0
    won_in_year: int = 0
    is_advocate: bool = False
    lost_last: bool = False  # the last deal that ended was lost, lately
    last_contact_was_bad: bool = False


def rung(known: Known) -> tuple[int, int]:
    """The step a customer has reached and the penalties that pull it down (domain spec 4.3)."""
    reached = (
        (8, known.is_advocate),
        (7, known.won_in_year >= REGULAR_FROM),
        (6, known.won >= 2),
        (5, known.won >= 1),
        (4, known.furthest_percent >= OFFER_FROM),
        (3, known.furthest_percent >= NEED_FROM),
        (2, known.was_contacted),
        (1, known.is_reachable),
    )
    step = next((number for number, is_so in reached if is_so), 0)
    return step, min(MOST_PENALTIES, known.lost_last + known.last_contact_was_bad)


def average_change(checks: Sequence[Decimal]) -> Decimal | None:
    """By how much, on the average, a purchase differs from the one before, as a fraction; None before the second."""
    pairs = [(a, b) for a, b in zip(checks, checks[1:], strict=False) if a > 0]
    if not pairs:
        return None
    return sum(((b - a) / a for a, b in pairs), Decimal(0)) / len(pairs)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


# ── rules that the organisation may set ──────────────────────────────────────────────────────────────────────────────

MODES: tuple[tuple[str, Text], ...] = (("off", _("Off")), ("warn", _("Warn")), ("enforce", _("Enforce")))
BASES: tuple[tuple[str, Text], ...] = (
    ("segment", _("RFM segment")),
    ("amount", _("Amount bought in 24 months")),
    ("size", _("Size of the company")),
)
LEVEL_OF_SEGMENT = {
    **dict.fromkeys(("111", "101", "011"), "A"),
    **dict.fromkeys(("001", "110", "010"), "B"),
    **dict.fromkeys(("100", "000"), "C"),
}
LEVEL_OF_SIZE = {"large": "A", "medium": "B", "small": "C", "micro": "C"}


@dataclass(frozen=True)
class Number:
    """A number that a rule uses, with its bounds."""

    name: str
    label: Text
    default: int
    least: int
    most: int


@dataclass(frozen=True)
class Rule:
    """A rule about customers: what it means in each mode, and the numbers it uses."""

    key: str
    label: Text
    about: Text
    default_mode: str
    modes: Mapping[str, Text]
    numbers: tuple[Number, ...] = ()
    has_basis: bool = False

    @property
    def defaults(self) -> dict[str, object]:
        found: dict[str, object] = {"mode": self.default_mode, "from": ""}
        found |= {n.name: n.default for n in self.numbers}
        return found | ({"by": "segment"} if self.has_basis else {})


RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        Rule(
            "levels",
            _("Levels A, B and C"),
            _("Which level a company should have. A level that was set by hand is never changed."),
            "warn",
            {
                "off": _("No level is proposed."),
                "warn": _("Levels are proposed every night; a manager confirms them."),
                "enforce": _("Levels are set every night without asking."),
            },
            (
                Number("a_from", _("A from this amount"), 100_000, 1, 999_999_999),
                Number("b_from", _("B from this amount"), 10_000, 0, 999_999_999),
            ),
            has_basis=True,
        ),
        Rule(
            "contacts_per_line",
            _("Two contacts per line of business"),
            _("A company with open or won deals in a pipeline needs that many people who take part in them."),
            "warn",
            {
                "off": _("Nobody is told."),
                "warn": _("Companies with fewer are in the list."),
                "enforce": _(
                    "Companies with fewer are in the list, and gates that ask for it hold the deal."
                ),
            },
            (Number("least", _("People at least"), 2, 1, 20),),
        ),
        Rule(
            "regular_check",
            _("Regular check of key customers"),
            _("A company of level A with which nobody has spoken for so long."),
            "warn",
            {
                "off": _("Nobody is told."),
                "warn": _("Such companies are in the list."),
                "enforce": _("Its owner gets a task, once."),
            },
            (Number("days", _("Days without contact"), 30, 1, 730),),
        ),
        Rule(
            "churn",
            _("Lost customers"),
            _(
                "A company that bought before, but for so long neither bought nor was spoken with, counts as lost."
            ),
            "warn",
            {
                "off": _("No company counts as lost."),
                "warn": _("Lost customers are marked in the list of companies."),
                "enforce": _("Lost customers are marked in the list of companies."),
            },
            (Number("days", _("Days without purchase or contact"), 365, 30, 3650),),
        ),
    )
}
