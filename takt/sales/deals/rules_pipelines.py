"""Pure decisions about pipelines: the order of things, and what is odd about a row of stages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# A deal that waits is put off with a date; a stage for it is a gap in the pipeline (domain spec P3).
GAP = re.compile(r"отложен|условн|отказ.*услов|пауза|on hold|postpon|paused|暂停|搁置|待定", re.IGNORECASE)


def placed(order: Sequence[int], one: int, place: int) -> list[int]:
    """The order with `one` at `place`, counted from 0; a place beyond the ends is the end."""
    rest = [x for x in order if x != one]
    at = max(0, min(place, len(rest)))
    return [*rest[:at], one, *rest[at:]]


@dataclass(frozen=True)
class Oddity:
    """Something to look at in a stage: `gap` in the pipeline, or its chance `falls`."""

    code: str
    stage: str
    probability: int = 0
    before: int = 0


def oddities(stages: Iterable[tuple[str, int]]) -> list[Oddity]:
    """What is odd about stages (name, probability) in this order; a warning, never a refusal."""
    found: list[Oddity] = []
    before = 0
    for name, probability in stages:
        if GAP.search(name):
            found.append(Oddity("gap", name))
        if probability < before:
            found.append(Oddity("falls", name, probability, before))
        before = probability
    return found


def start_of(usual: str, by_source: Mapping[str, str], source: int | None) -> str:
    """Where the cycle of a deal from this source starts; "mixed" pipelines say it by source (domain spec P5)."""
    return by_source.get(str(source), usual) if source is not None else usual
