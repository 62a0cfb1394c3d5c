"""Pure decisions about what is known of the customer's need and decision (domain spec 6.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

CONFIRMED = 2
QUALIFIED_FROM = 5

# Question: its name, and what it asks.
BANT: dict[str, tuple[Text, Text]] = {
    "need": (_("Need"), _("Is there a task to be solved, and does the customer say so?")),
    "budget": (_("Budget"), _("Is there money for it?")),
    "authority": (_("Authority"), _("Do we talk to those who decide?")),
    "timing": (_("Timing"), _("Is it known when they will buy?")),
}
MEDDIC: dict[str, tuple[Text, Text]] = {
    "metrics": (_("Metrics"), _("What will the customer gain, in figures?")),
    "economic_buyer": (_("Economic buyer"), _("Who signs for the money?")),
    "decision_criteria": (_("Decision criteria"), _("By what do they choose?")),
    "decision_process": (_("Decision process"), _("Who decides when, in which steps?")),
    "identified_pain": (_("Identified pain"), _("What does it cost them to leave things as they are?")),
    "champion": (_("Champion"), _("Who inside fights for us?")),
}
ANSWERS: dict[int, Text] = {0: _("Unknown"), 1: _("Partial"), 2: _("Confirmed")}
QUESTIONS = (*BANT, *MEDDIC)


@dataclass(frozen=True)
class Score:
    """BANT out of 8 and MEDDIC out of 12, as they are shown."""

    bant: int = 0
    meddic: int = 0
    is_qualified: bool = False

    @property
    def meddic_percent(self) -> int:
        return round(self.meddic * 100 / MOST_MEDDIC)


MOST_BANT, MOST_MEDDIC = len(BANT) * CONFIRMED, len(MEDDIC) * CONFIRMED


def bant(answers: Mapping[str, int]) -> int:
    """The sum over four questions, 0 to 8."""
    return sum(answers.get(q) or 0 for q in BANT)


def is_qualified(score: int, need: int) -> bool:
    """The score alone isn't enough: the need has to be confirmed."""
    return score >= QUALIFIED_FROM and need == CONFIRMED


def meddic_share(answers: Sequence[int]) -> float:
    """The sum over six questions as a share of all that can be confirmed."""
    return sum(answers) / MOST_MEDDIC


def score_of(answers: Mapping[str, int]) -> Score:
    found = bant(answers)
    return Score(
        found, sum(answers.get(q) or 0 for q in MEDDIC), is_qualified(found, answers.get("need") or 0)
    )
