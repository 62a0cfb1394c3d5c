"""Search over everything: each room says in `participants.py` how its records are found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Text

LONGEST = 200


class Hit(NamedTuple):
    title: str
    subtitle: str
    url: str


@dataclass(frozen=True)
class Searched:
    """One kind of record; `find` gives the best (title, subtitle, url) that the user may see."""

    kind: str
    label: Text
    icon: str
    find: Callable[[User, str, int], list[tuple[str, str, str]]]
    position: int = 50


@dataclass(frozen=True)
class Found:
    kind: str
    label: Text
    icon: str
    hits: list[Hit] = field(default_factory=list)


searches: list[Searched] = []


def clean(q: str) -> str:
    """The words as they can be searched; what no record can contain finds nothing."""
    return "" if "\x00" in q else " ".join(q.split())[:LONGEST]


def search(user: User, q: str, limit: int) -> list[Found]:
    """What each room finds, in the rooms' order, without rooms that find nothing."""
    words = clean(q)
    if not words:
        return []
    found = [
        Found(s.kind, s.label, s.icon, [Hit(*hit) for hit in s.find(user, words, limit)])
        for s in sorted(searches, key=lambda s: s.position)
    ]
    return [f for f in found if f.hits]
