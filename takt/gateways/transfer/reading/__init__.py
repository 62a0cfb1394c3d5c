"""Reading what strangers send: which kind of file it is, and its rows as text, from a process of its own.

Nothing here knows the database. Opening a file never takes place in the caller's process.
"""

from .delimited import DELIMITERS
from .encodings import OFFERED as ENCODINGS
from .errors import NotAValue, Unreadable
from .found import Found, Remark
from .reader import Rows, detect, rows

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "Found",
    "NotAValue",
    "Remark",
    "Rows",
    "Unreadable",
    "detect",
    "rows",
]
