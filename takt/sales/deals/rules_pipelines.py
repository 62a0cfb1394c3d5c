"""Pure decisions about pipelines: the order of things, and where a deal's cycle starts."""

from collections.abc import Mapping, Sequence


def placed(order: Sequence[int], one: int, place: int) -> list[int]:
    """The order with `one` at `place`, counted from 0; a place beyond the ends is the end."""
    rest = [x for x in order if x != one]
    at = max(0, min(place, len(rest)))
    return [*rest[:at], one, *rest[at:]]


def start_of(usual: str, by_source: Mapping[str, str], source: int | None) -> str:
    """Where the cycle of a deal from this source starts; "mixed" pipelines say it by source (domain spec P5)."""
    return by_source.get(str(source), usual) if source is not None else usual
