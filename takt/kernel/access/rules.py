"""Who may do what: the role templates (domain spec 5.2)."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How far a right reaches: denied, where I'm responsible, my team and those below, all."""

    DENIED = 0
    OWN = 1
    TEAM = 2
    ALL = 3


@dataclass(frozen=True)
class Rights:
    """A role's rights on one kind of record."""

    view: Level = Level.DENIED
    edit: Level = Level.DENIED
    delete: Level = Level.DENIED
    export: Level = Level.DENIED
    add: bool = False

    def level(self, act: str) -> Level:
        level: Level = getattr(self, act)
        return level


D, OWN, TEAM, ALL = Level.DENIED, Level.OWN, Level.TEAM, Level.ALL
_REP = Rights(view=OWN, edit=OWN, add=True)
_LEAD = Rights(view=TEAM, edit=TEAM, export=TEAM, add=True)
_HEAD = Rights(view=ALL, edit=ALL, export=ALL, add=True)
_READER = Rights(view=ALL)
_ADMIN = Rights(view=ALL, edit=ALL, delete=ALL, export=ALL, add=True)
_NEIGHBOUR = Rights(view=ALL, edit=OWN, add=True)

BY_ROLE: dict[str, Rights] = {
    "rep": _REP,
    "lead": _LEAD,
    "head": _HEAD,
    "vp": _HEAD,
    "ceo": Rights(view=ALL, export=ALL),
    "marketing": _NEIGHBOUR,
    "legal": _NEIGHBOUR,
    "finance": _NEIGHBOUR,
    "support": _NEIGHBOUR,
    "auditor": _READER,
    "assistant": Rights(view=TEAM),
    "logistics": _NEIGHBOUR,
    "engineer": _NEIGHBOUR,
    "admin": _ADMIN,
}


def rights_of(role: str, entity: str) -> Rights:
    """A role's rights on `deal`, `company`, `contact`, `task`, `note` or `file`. Finer ones per entity come here."""
    rights = BY_ROLE[role]
    if entity in {"task", "note", "file"} and rights.edit and not rights.delete:
        return Rights(rights.view, rights.edit, rights.edit, rights.export, rights.add)
    return rights
