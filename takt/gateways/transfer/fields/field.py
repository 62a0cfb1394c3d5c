"""What a column of a file may mean."""

from dataclasses import dataclass

from takt.kernel.lib.refusals import Text


@dataclass(frozen=True)
class Field:
    """One thing that a column may mean. Several columns may go into one field where it `gathers`."""

    name: str
    label: Text
    kind: str = "text"  # text, number, date, datetime, bool
    most: int = 200
    gathers: bool = False
    headings: str = ""  # parted by |
