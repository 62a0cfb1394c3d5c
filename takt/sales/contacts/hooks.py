"""What rooms above may add to an act on a customer, inside its transaction; filled by their `participants.py`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.models import Company, Contact


class OnRename(Protocol):
    """Called when a company or a person gets another name: what is found by the old one must follow."""

    def __call__(self, record: Company | Contact, *, by: Actor, at: dt.datetime) -> None: ...


class OnBin(Protocol):
    """Called with customers of a `kind` (company, contact) that go to the recycle bin or come back.

    Going: they carry `deleted_at` = `at` already. Coming back: they still carry theirs, so that what went along
    can be told from what had been deleted before.
    """

    def __call__(self, kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None: ...


class OnPurge(Protocol):
    """Called before customers leave the database for good: what outlives them must let go of them."""

    def __call__(self, kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None: ...


class OnMerge(Protocol):
    """Called when `loser` becomes `survivor`: what refers to the one must refer to the other.

    Answers, under the room's own names, what it needs to take that back: JSON values only.
    """

    def __call__(
        self, kind: str, survivor: int, loser: int, *, by: Actor, at: dt.datetime
    ) -> Mapping[str, Any]: ...


class OnUnmerge(Protocol):
    """Called with what all `on_merge` answered: gives back what still is as the merge left it.

    Answers how many rows changed since and stay with the survivor.
    """

    def __call__(
        self, kind: str, survivor: int, loser: int, kept: Mapping[str, Any], *, by: Actor, at: dt.datetime
    ) -> int: ...


on_rename: list[OnRename] = []
on_delete: list[OnBin] = []
on_restore: list[OnBin] = []
on_purge: list[OnPurge] = []
on_merge: list[OnMerge] = []
on_unmerge: list[OnUnmerge] = []
