"""What a kind of record does with a batch of rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from takt.gateways.transfer.kinds.cells import Cells, Notation
from takt.gateways.transfer.kinds.likeness import MODELS, Like, likes
from takt.gateways.transfer.kinds.own import Own
from takt.gateways.transfer.kinds.world import World

type Raw = tuple[int, Mapping[str, str]]
type Read[R] = tuple[int, Mapping[str, str], R]  # line, its cells by field, the row made of them


@dataclass
class Plan:
    """What a batch of rows comes to, before anything of it is written."""

    creates: list[tuple[int, Any]] = field(default_factory=list)  # line, row
    updates: list[tuple[int, int, Any]] = field(default_factory=list)  # line, id, change
    skipped: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    gaps: dict[int, str] = field(default_factory=dict)  # line: what it lacks to become a new record

    def refuse(self, line: int, reason: str) -> None:
        self.refused.append((line, reason))


class Kind:
    """Base: one kind of record; `record` is the name under which events know it."""

    name = ""
    record = ""

    def __init__(self, world: World, notation: Notation, mapping: Sequence[str | None]) -> None:
        self.world = world
        self.notation = notation
        self.fields = {m for m in mapping if m}
        self.own = Own(world, self.name) if any(m.startswith("cf_") for m in self.fields) else None

    def custom(self, cells: Cells) -> dict[str, Any]:
        """What the row says of the organisation's own fields."""
        return self.own.read(cells) if self.own is not None else {}

    def key(self, values: Mapping[str, str]) -> object:
        """What makes two rows of a file the same record; None where nothing does."""
        raise NotImplementedError

    def plan(self, raws: Sequence[Raw]) -> Plan:
        """What these rows come to. No two of them have one key."""
        raise NotImplementedError

    def likely(self, plan: Plan) -> dict[int, Like]:
        """The new records of a plan that look like customers who are here already, or stand earlier in the file."""
        if self.record not in MODELS or not plan.creates:
            return {}
        return likes(self.record, plan.creates, self.world)

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

    def read[R](self, raws: Sequence[Raw], plan: Plan, made: Callable[[Cells, int], R]) -> list[Read[R]]:
        """The rows whose cells can be read; the others are refused with all that is wrong with them."""
        found: list[Read[R]] = []
        for line, values in raws:
            cells = Cells(self.name, values, self.notation)
            row = made(cells, line)
            problems = (
                cells.problems if "id" in values or "import_key" in values else cells.problems + cells.gaps
            )
            if problems:
                plan.refuse(line, " ".join(problems))
                continue
            if cells.gaps:
                plan.gaps[line] = " ".join(cells.gaps)
            found.append((line, values, row))
        return found

    def add(self, line: int, values: Mapping[str, str], row: Any, plan: Plan) -> bool:
        """Plan a new record; refused where the row only has what is enough to change an old one."""
        if line in plan.gaps:
            plan.refuse(line, plan.gaps[line])
            return False
        plan.creates.append((line, row))
        self.will_be(values)
        return True

    # A dry run makes nothing, so it keeps in mind what an earlier row would have made.

    def will_be(self, values: Mapping[str, str]) -> None:
        if self.world.is_dry:
            self.world.keys_to_be.add(hash((self.record, self.key(values))))

    def is_to_be(self, values: Mapping[str, str]) -> bool:
        return self.world.is_dry and hash((self.record, self.key(values))) in self.world.keys_to_be


def fingerprint(values: Mapping[str, str]) -> str:
    """A key for rows that have none: the same row read twice is the same record."""
    text = "\x1f".join(f"{k}\x1e{v}" for k, v in sorted(values.items()))
    return "row:" + blake2b(text.encode(), digest_size=16).hexdigest()


def ids_in(rows: Iterable[Mapping[str, str]]) -> list[int]:
    """Takt's own numbers that rows name, as far as they can be ones."""
    return [int(v["id"]) for v in rows if v.get("id", "").isdecimal() and len(v["id"]) < 19]


def keys_in(read: Iterable[Read[Any]]) -> list[str]:
    return [r.import_key for _l, _v, r in read if r.import_key]
