"""What a kind of record does with a batch of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from takt.gateways.transfer.kinds.cells import Cells, Notation
from takt.gateways.transfer.kinds.own import Own
from takt.gateways.transfer.kinds.world import World

type Raw = tuple[int, Mapping[str, str]]


@dataclass
class Plan:
    """What a batch of rows comes to, before anything of it is written."""

    creates: list[tuple[int, Any]] = field(default_factory=list)  # line, row
    updates: list[tuple[int, int, Any]] = field(default_factory=list)  # line, id, change
    skipped: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


class Kind:
    """Base: one kind of record; `record` is the name under which events know it."""

    name = ""
    record = ""

    def __init__(self, world: World, notation: Notation, mapping: Sequence[str | None]) -> None:
        self.world = world
        self.notation = notation
        self.fields = {m for m in mapping if m}
        self.own = Own(world, self.name) if any(m.startswith("cf_") for m in self.fields) else None

    def cells(self, values: Mapping[str, str]) -> Cells:
        return Cells(self.name, values, self.notation)

    def custom(self, cells: Cells) -> dict[str, Any]:
        """What the row says of the organisation's own fields."""
        return self.own.read(cells) if self.own is not None else {}

    def key(self, values: Mapping[str, str]) -> object:
        """What makes two rows of a file the same record; None where nothing does."""
        raise NotImplementedError

    def plan(self, raws: Sequence[Raw]) -> Plan:
        """What these rows come to. No two of them have one key."""
        raise NotImplementedError

    def create(self, rows: Sequence[Any]) -> list[int]:
        raise NotImplementedError

    def update(self, changes: Sequence[tuple[int, Any]]) -> dict[int, dict[str, Any]]:
        raise NotImplementedError

    def pieces(self, raws: Sequence[Raw]) -> list[list[Raw]]:
        """The rows cut where a key comes again, so that the second row finds what the first has made."""
        out: list[list[Raw]] = [[]]
        seen: set[object] = set()
        for raw in raws:
            key = self.key(raw[1])
            if key is not None and key in seen:
                out.append([])
                seen = set()
            seen.add(key)
            out[-1].append(raw)
        return out
