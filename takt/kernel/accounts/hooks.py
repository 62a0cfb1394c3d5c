"""What rooms above may add to an act on accounts, inside its transaction; filled by their `participants.py`."""

import datetime as dt
from typing import Protocol

from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor


class OnDeactivate(Protocol):
    """Called when a user stops working here; may hand his things on, never refuses (domain spec, Decided 4)."""

    def __call__(self, user: User, *, by: Actor, at: dt.datetime) -> None: ...


class OnFirstSetup(Protocol):
    """Called once, when the first administrator is made: `template` is `simple`, `b2b` or `enterprise`."""

    def __call__(self, template: str, language: str, *, by: Actor, at: dt.datetime) -> None: ...


on_deactivate: list[OnDeactivate] = []
on_first_setup: list[OnFirstSetup] = []
