"""What rooms above may tell of deals, inside the command's transaction; filled by their `participants.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class FindFacts(Protocol):
    """Answers, for each of these deals, facts by name. A deal that it doesn't name has none of them."""

    def __call__(self, deals: Sequence[int]) -> Mapping[int, Mapping[str, Any]]: ...


@dataclass(frozen=True)
class GateFacts:
    """Facts that one room knows of deals, asked for only where a gate reads one of `names`; one query, for all deals.

    Names that automatic checks read and nobody gives yet: `bant` (0–8), `bant_need` (0–2), `meddic` (0–12),
    `competitors` (true where they are named, or said to be none).
    """

    names: frozenset[str]
    find: FindFacts


gate_facts: list[GateFacts] = []


@dataclass(frozen=True)
class Approval:
    """How the approval of a special opportunity stands: pending, approved or rejected, and for which reasons."""

    state: str
    reasons: frozenset[int]
    answer: str = ""

    def covers(self, reasons: Sequence[int]) -> bool:
        """Whether all these reasons were approved; one that came later asks for another approval."""
        return self.state == "approved" and self.reasons.issuperset(reasons)


class FindApprovals(Protocol):
    """Answers the latest request of each of these deals that has one."""

    def __call__(self, deals: Sequence[int]) -> Mapping[int, Approval]: ...


deal_approvals: list[FindApprovals] = []


class OnPurge(Protocol):
    def __call__(self, deals: Sequence[int]) -> None: ...


# What other rooms keep about deals goes with them for good.
on_deal_purge: list[OnPurge] = []

# The ends of a deal's cycle that rooms make known, besides its being won: `invoice_paid`, `shipped`.
cycle_ends: set[str] = {"won"}
