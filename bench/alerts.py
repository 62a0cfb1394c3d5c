"""Alerts from a firm's own pace against a fixed limit, on simulated firms: `python bench/alerts.py`.

Each firm has stages with a pace of their own. A deal is healthy (its stay follows the stage's pace) or stuck (it stays
three times as long). An alert is right when it is of a stuck deal. The firm's own limit is learnt from the half of the
stays that ended first; the fixed limit is one number for all stages, as most systems have it.
"""

import random
from dataclasses import dataclass

from takt.insight.pace.rules import Limit, is_over, limit_of, needs_review

FIXED = 14
SLOWER = 3.0


@dataclass
class Tally:
    """Alerts that were right, alerts that were wrong, and stuck deals that nobody was told of."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, is_alert: bool, is_stuck: bool) -> None:
        self.right += is_alert and is_stuck
        self.wrong += is_alert and not is_stuck
        self.missed += is_stuck and not is_alert

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def firm(seed: int, deals: int = 400) -> dict[str, Tally]:
    """One firm: its own limit, the one from which a review is asked for, and the fixed one."""
    chance = random.Random(seed)
    found = {"own": Tally(), "review": Tally(), "fixed": Tally()}
    for pace in (3.0, 7.0, 20.0, 45.0):  # days that are usual in each of its stages
        stays = [(chance.gammavariate(4, pace / 4), False) for _ in range(deals)]
        stays += [(chance.gammavariate(4, SLOWER * pace / 4), True) for _ in range(deals // 10)]
        chance.shuffle(stays)
        half = len(stays) // 2
        own = limit_of([days for days, _stuck in stays[:half]], FIXED)
        fixed = limit_of((), FIXED)
        for days, is_stuck in stays[half:]:
            found["own"].add(is_over(days, own), is_stuck)
            found["review"].add(needs_review(days, own), is_stuck)
            found["fixed"].add(is_over(days, fixed), is_stuck)
    return found


def firms(count: int = 20) -> dict[str, Tally]:
    """All firms together."""
    total = {"own": Tally(), "review": Tally(), "fixed": Tally()}
    for seed in range(count):
        for name, one in firm(seed).items():
            total[name].right += one.right
            total[name].wrong += one.wrong
            total[name].missed += one.missed
    return total


def main() -> None:
    assert isinstance(limit_of((), FIXED), Limit)
    for name, one in firms().items():
        print(f"{name:8} precision {one.precision:.3f}  recall {one.recall:.3f}  F1 {one.f1:.3f}")


if __name__ == "__main__":
    main()
