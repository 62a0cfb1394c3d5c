"""Search over everything: each room says in `participants.py` how its records are found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from takt.kernel.accounts.models import User
from takt.kernel.lib.names import fold
from takt.kernel.lib.refusals import Text
from takt.kernel.lib.search import Wanted, switched, wanted
from takt.kernel.lists.words import corrected

LONGEST = 200


class Hit(NamedTuple):
    """A record as the search shows it: `aside` stands at the end of the line, `chip` is its state."""

    title: str
    subtitle: str
    url: str
    aside: str = ""
    chip: str = ""
    tone: str = ""


type Hits = Iterable[tuple[str, ...]]


@dataclass(frozen=True)
class Searched:
    """One kind of record; `find` gives the best (title, subtitle, url …) that the user may see.

    `known` gives those of some keys that he may see: what he opened lately is shown by it.
    """

    kind: str
    label: Text
    icon: str
    find: Callable[[User, Wanted, int], Hits]
    position: int = 50
    known: Callable[[User, list[int]], dict[int, Hit]] | None = None
    is_person: bool = False
    is_asked_for: bool = False  # found only where people are asked for, with `@`


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


@dataclass(frozen=True)
class Answer:
    """What was found; `instead` are the words that were searched when those typed found nothing."""

    found: list[Found]
    wanted: Wanted
    instead: str = ""


def search(user: User, q: str, limit: int, *, people_only: bool = False) -> Answer:
    """What each room finds, in the rooms' order, without rooms that find nothing.

    Where nothing holds the words as they were typed, the other keyboard and the nearest words are tried.
    """
    looked_for = wanted(clean(q))
    rooms = [
        s
        for s in sorted(searches, key=lambda s: s.position)
        if (s.is_person if people_only else not s.is_asked_for)
    ]
    found = _asked(rooms, user, looked_for, limit)
    if found or not looked_for:
        return Answer(found, looked_for)
    guess, said = _guessed(looked_for)
    if not guess:
        return Answer([], looked_for)
    found = _asked(rooms, user, guess, limit)
    return Answer(found, guess if found else looked_for, said if found else "")


def _asked(rooms: list[Searched], user: User, looked_for: Wanted, limit: int) -> list[Found]:
    if not looked_for:
        return []
    found = [
        Found(s.kind, s.label, s.icon, [Hit(*hit) for hit in s.find(user, looked_for, limit)]) for s in rooms
    ]
    return [f for f in found if f.hits]


def _guessed(looked_for: Wanted) -> tuple[Wanted, str]:
    """The words again as they may have been meant, and the most likely of them to be told."""
    if looked_for.digits:
        return Wanted("", ()), ""
    typed = looked_for.text.split()
    other = switched(looked_for)
    nearest = corrected(typed)
    readings = [
        r
        for r in (
            other,
            tuple(nearest) if any(n != (t,) for n, t in zip(nearest, typed, strict=True)) else None,
        )
        if r
    ]
    if other:
        plain = [word[0] for word in other]
        again = corrected(plain)
        if any(n != (t,) for n, t in zip(again, plain, strict=True)):
            readings.append(tuple(again))
    if not readings:
        return Wanted("", ()), ""
    said = " ".join(word[0] for word in (readings[-1] if len(readings) > 1 or not other else other))
    return replace(looked_for, text=fold(said), readings=tuple(readings), is_guess=True), said


def opened(user: User, places: list[tuple[str, int]]) -> list[tuple[str, Hit]]:
    """Records by kind and key, in the order they are given, without those he may not see; each with its icon."""
    rooms = {s.kind: s for s in searches if s.known is not None}
    seen: dict[tuple[str, int], Hit] = {}
    for kind, room in rooms.items():
        keys = [key for k, key in places if k == kind]
        if keys and room.known is not None:
            seen |= {(kind, key): hit for key, hit in room.known(user, keys).items()}
    return [(rooms[place[0]].icon, seen[place]) for place in dict.fromkeys(places) if place in seen]
