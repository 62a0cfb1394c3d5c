"""The seven checks and what is counted of them; pure decisions (domain spec 2.6; Decided 7, 8)."""

import datetime as dt
import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

CODES = ("A1", "A2", "A3", "A4", "A5", "A6", "A7")
BIT = {code: 1 << place for place, code in enumerate(CODES)}
ALL_BITS = (1 << len(CODES)) - 1
PASS, FAIL, NA = "pass", "fail", "na"
VIOLATED_ABOVE = Decimal("0.02")


@dataclass(frozen=True)
class Check:
    """One of the seven: its name, and the rule as a person reads it."""

    label: Text
    rule: Text


CHECKS: dict[str, Check] = {
    "A1": Check(_("Next step"), _("An open deal has at least one open task.")),
    "A2": Check(
        _("Stages passed"),
        _("What the stages behind the deal ask for is true, or a manager let it pass with a reason."),
    ),
    "A3": Check(_("Fields of the stage"), _("The fields that its stage asks for are filled in.")),
    "A4": Check(
        _("Actions recorded"),
        _("Each completed action has a title that says what was done, and a description."),
    ),
    "A5": Check(
        _("Reason of loss"), _("A lost deal has its reason, with a comment where the reason asks for one.")
    ),
    "A6": Check(_("Customer cards"), _("The cards of the deal's company and contacts are complete enough.")),
    "A7": Check(_("Time in stage"), _("The deal is not longer in its stage than the stage's norm.")),
}


def bits(codes: Iterable[str]) -> int:
    return sum(BIT[code] for code in set(codes))


def codes_in(mask: int) -> list[str]:
    return [code for code in CODES if mask & BIT[code]]


def verdict_of(code: str, applicable: int, failed: int) -> str:
    if not applicable & BIT[code]:
        return NA
    return FAIL if failed & BIT[code] else PASS


def score(applicable: int, failed: int) -> Decimal | None:
    """Passed of applicable, 0 to 1; None where nothing applied (T-AUD)."""
    return Decimal(applicable - failed) / applicable if applicable else None


def violations(items: Iterable[tuple[str, str, bool]]) -> list[str]:
    """The checks violated in an audit, from (check, verdict, whether it was put right in time): more than 2 % of the
    applicable ones still fail after the day until which they were to be put right; of A1 any (Decided 8)."""
    applied: dict[str, int] = {}
    left: dict[str, int] = {}
    for code, verdict, is_fixed in items:
        if verdict != NA:
            applied[code] = applied.get(code, 0) + 1
        if verdict == FAIL and not is_fixed:
            left[code] = left.get(code, 0) + 1
    return [
        code
        for code in CODES
        if left.get(code) and (code == "A1" or Decimal(left[code]) / applied[code] > VIOLATED_ABOVE)
    ]


def after_working_days(day: dt.date, count: int) -> dt.date:
    """The day so many working days later, Monday to Friday."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= day.weekday() < 5
    return day


def sample_of(deals: Sequence[int], size: int | None, seed: int) -> list[int]:
    """So many deals drawn by chance, in the order given; all where no size is asked for."""
    if size is None or size >= len(deals):
        return list(deals)
    drawn = set(random.Random(seed).sample(range(len(deals)), size))
    return [deal for place, deal in enumerate(deals) if place in drawn]


def week_of(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def seed_of(week: dt.date, person: int) -> int:
    """By what a week's sample of a person's deals is drawn; the same whoever works it out."""
    return int.from_bytes(hashlib.sha256(f"{week.isoformat()}:{person}".encode()).digest()[:6])


def switched_on(values: Mapping[str, int]) -> int:
    """The checks that count, as a mask, out of the firm's settings."""
    return sum(bit for code, bit in BIT.items() if values[f"audit.{code.lower()}"])
