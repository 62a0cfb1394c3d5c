"""Filters that stand together: (A and (B or C)) or D, as rows meet them and as an address holds them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet

from takt.kernel.lists.conditions import condition
from takt.kernel.lists.spec import Column

OR = "or"  # each `or=` holds one group as a query of its own; a row meets one of them
DEEPEST = 2  # a group within a group
MOST_FILTERS, MOST_GROUPS = 60, 20


@dataclass(frozen=True)
class Filter:
    """One condition as it was asked: `amount`, `gte`, `40000`."""

    column: Column
    operator: str
    text: str
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        return self.column.name if self.operator == "eq" else f"{self.column.name}__{self.operator}"


@dataclass(frozen=True)
class Group:
    """Filters all of which a row meets, and with them one of the groups inside, where there are any."""

    filters: tuple[Filter, ...] = ()
    groups: tuple["Group", ...] = ()

    @property
    def every(self) -> Iterator[Filter]:
        yield from self.filters
        for group in self.groups:
            yield from group.every

    @property
    def size(self) -> int:
        """How many groups are inside, at any depth."""
        return sum(1 + group.size for group in self.groups)

    @property
    def text(self) -> str:
        return urlencode(
            [*((f.key, f.text) for f in self.filters), *((OR, g.text) for g in self.groups)], safe=",@:"
        )

    def without(self, place: tuple[int, ...]) -> "Group":
        """The same but for the group at `place`; what it leaves empty goes with it."""
        first, *rest = place
        kept = list(self.groups)
        left = kept[first].without(tuple(rest)) if rest else Group()
        kept[first : first + 1] = [left] if left.filters or left.groups else []
        return replace(self, groups=tuple(kept)).joined

    @property
    def joined(self) -> "Group":
        """A single alternative is none: it holds with the rest."""
        if len(self.groups) != 1:
            return self
        (only,) = self.groups
        return Group((*self.filters, *only.filters), only.groups)


def met(rows: QuerySet[Any], group: Group) -> Q:
    """The rows that meet a group."""
    found = [condition(rows, f.column, f.operator, f.values) for f in group.filters]
    if group.groups:
        found.append(reduce(or_, (met(rows, inner) for inner in group.groups)))
    return reduce(and_, found)


def put(query: str, place: tuple[int, ...], text: str) -> str:
    """An address's query with the group at `place` as `text` has it now: changed, added at the end, or gone."""
    found = _put(query, place, text)
    groups = [t for name, t in found if name == OR]
    if len(groups) == 1 and len(place) == 1:  # a single alternative is none
        found = [
            *parse_qsl(groups[0], keep_blank_values=True),
            *((name, t) for name, t in found if name != OR),
        ]
    return urlencode(found, safe=",@:")


def _put(query: str, place: tuple[int, ...], text: str) -> list[tuple[str, str]]:
    first, *rest = place
    pairs = parse_qsl(query, keep_blank_values=True)
    groups = [t for name, t in pairs if name == OR][:MOST_GROUPS]
    if rest and first < len(groups):
        text = urlencode(_put(groups[first], tuple(rest), text), safe=",@:")
    groups[first : first + 1] = [text] if text else []
    return [*((OR, group) for group in groups), *((name, t) for name, t in pairs if name != OR)]


def texts_of(groups: Iterable[Group]) -> list[str]:
    """The groups as they stand in an address."""
    return [group.text for group in groups]
