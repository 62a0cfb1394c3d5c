"""What rooms above may add to an act on a customer, inside its transaction; filled by their `participants.py`."""

import datetime as dt
from typing import Protocol

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.models import Company, Contact


class OnRename(Protocol):
    """Called when a company or a person gets another name: what is found by the old one must follow."""

    def __call__(self, record: Company | Contact, *, by: Actor, at: dt.datetime) -> None: ...


on_rename: list[OnRename] = []
