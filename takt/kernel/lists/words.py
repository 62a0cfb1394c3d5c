"""The words that names are made of: what was mistyped is put right by them.

They are kept apart from the records and lead to nobody: what a corrected word finds is asked of the records
themselves, with the reader's rights. A word that no record holds any more is gone after a night.
"""

import re

from takt.kernel.lib.names import distance, errors_allowed, latin, remains
from takt.kernel.lists.models import SearchWord

MOST_LOOKED_AT = 400
MOST_MEANT = 4
_WORD = re.compile(r"[^\W\d_]{3,40}")


def corrected(typed: list[str]) -> list[tuple[str, ...]]:
    """For each word the known ones that may have been meant, the nearest first; itself where there is none.

    Alphabets are no errors: `ivanov` is `иванов`.
    """
    keys = {word: latin(word) for word in typed if _WORD.fullmatch(word)}
    forms = sorted({form for key in keys.values() for form in remains(key)})
    if not forms:
        return [(word,) for word in typed]
    rows = list(
        SearchWord.objects.filter(forms__overlap=forms)
        .order_by("-records")
        .values_list("word", "spelling", "records")[:MOST_LOOKED_AT]
    )
    return [_nearest(word, keys[word], rows) if word in keys else (word,) for word in typed]


def _nearest(word: str, key: str, rows: list[tuple[str, str, int]]) -> tuple[str, ...]:
    most = max(errors_allowed(key), 0)
    near = []
    for known, spelling, records in rows:
        off = distance(key, spelling, most)
        if off <= most:
            near.append((off, -records, known))
    meant = tuple(known for _off, _records, known in sorted(near)[:MOST_MEANT])
    return meant or (word,)
