"""Colleagues named in a text: "@Carla Fischer" means her."""

import re
from collections.abc import Iterable

type Person = tuple[int, str]


def mentioned(text: str, people: Iterable[Person]) -> list[int]:
    """Keys of the people whose whole names follow an @ in the text, in their order; a longer name wins."""
    if "@" not in text:
        return []
    folded = text.casefold()
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, int]] = []
    for pk, name in sorted(people, key=lambda p: -len(p[1])):
        pattern = rf"(?<![\w@])@{re.escape(name.casefold())}(?!\w)"
        for match in re.finditer(pattern, folded):
            place = match.span()
            # Two people of one name are both meant; a shorter name inside of a longer one isn't.
            if not any(a <= place[0] < b and (a, b) != place for a, b in taken):
                taken.append(place)
                found.append((place[0], pk))
    return list(dict.fromkeys(pk for _place, pk in sorted(found)))
