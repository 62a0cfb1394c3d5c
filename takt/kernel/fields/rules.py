"""How a field is called by programs, and how many there may be. No database."""

import re

from takt.kernel.lib.names import sort_key

MOST_FIELDS = 100  # of one kind of record; lists and forms show them all
MOST_OF_ONE_RECORD = 30
MOST_OPTIONS = 200
LONGEST_SLUG = 40
SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
        "ю": "yu", "я": "ya",
    }
)  # fmt: skip


def is_slug(text: str) -> bool:
    return len(text) <= LONGEST_SLUG and SLUG.fullmatch(text) is not None


def slug_of(name: str, otherwise: str = "field") -> str:
    """A name as programs write it: `Contract No.` is `contract_no`, Chinese by its pinyin."""
    plain = sort_key(name).translate(_CYRILLIC)
    words = re.findall(r"[a-z0-9]+", plain)
    found = "_".join(words)[:34].strip("_")
    if not found:
        return otherwise
    return found if found[0].isalpha() else f"{otherwise}_{found}"[:34].strip("_")


def free_slug(wanted: str, taken: set[str]) -> str:
    """The slug, with a number after it where it is taken."""
    number, found = 2, wanted
    while found in taken:
        found, number = f"{wanted}_{number}", number + 1
    return found
