"""Search columns and the one way to search them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from takt.kernel.lib.names import fold, grams, other_layout, search_text


class Searchable(models.Model):
    """Folded words and Chinese n-grams, written by the record's own commands."""

    search = models.TextField(default="", blank=True, editable=False)
    search_grams = ArrayField(models.TextField(), default=list, blank=True, editable=False)

    class Meta:
        abstract = True

    def set_search(self, *parts: str | None) -> None:
        self.search = search_text(*parts)
        self.search_grams = grams(self.search)


def search_indexes(name: str) -> list[GinIndex]:
    """Indexes of a searchable table; no pending list, which would cost 15 ms a search after bulk writes."""
    return [
        GinIndex(fields=["search"], name=f"{name}_search", opclasses=["gin_trgm_ops"], fastupdate=False),
        GinIndex(fields=["search_grams"], name=f"{name}_grams", fastupdate=False),
    ]


# One way to read what was typed: words that all must be there, each in any of its spellings.
type Reading = tuple[tuple[str, ...], ...]

MOST_WORDS, LONGEST = 8, 200
_NUMBER = re.compile(r"[+#№]?[\d\s()./\-–]{3,}$")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Wanted:
    """What was typed, ready to be looked for; empty finds nothing."""

    text: str
    readings: tuple[Reading, ...]
    digits: str = ""
    is_guess: bool = False

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def spellings(self) -> list[str]:
        """Every word that may be seen in what is found, the longest first."""
        found = {s for reading in self.readings for word in reading for s in word}
        return sorted(found, key=lambda s: (-len(s), s))


@lru_cache(maxsize=256)
def wanted(typed: str) -> Wanted:
    """The words of a query; a number is looked for however it is divided and with or without its first zeros."""
    text = "" if "\x00" in typed else fold(typed[:LONGEST])
    words = text.split()[:MOST_WORDS]
    if not words:
        return Wanted("", ())
    plain: Reading = tuple((word,) for word in words)
    bare = text.lstrip("#№ ")
    if bare.isdecimal() and len(bare) < 3:
        return Wanted(text, (((bare,),),), bare)
    digits = "".join(c for c in text if c.isdecimal()) if _NUMBER.match(text) else ""
    if len(digits) < 3:
        return Wanted(text, (plain,))
    spellings = [digits]
    bare = digits.lstrip("0")
    if len(digits) > 5 and len(bare) > 3 and bare != digits:
        spellings.append(bare)
    if len(digits) > 6 and digits[0] == "8":  # what Russians dial before the number
        spellings.append(digits[1:])
    number: Reading = (tuple(spellings),)
    return Wanted(text, (number,) if len(words) == 1 and text == digits else (number, plain), digits)


def switched(looked_for: Wanted) -> Reading | None:
    """The same keys on the other keyboard, where letters were typed."""
    if not _WORD.search(looked_for.text):
        return None
    other = other_layout(looked_for.text).split()[:MOST_WORDS]
    return tuple((word,) for word in other) if other and other != looked_for.text.split() else None


def escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def is_chinese(word: str) -> bool:
    return bool(grams(word))


def match_sql(table: str, readings: tuple[Reading, ...], *, by_index: bool = False) -> tuple[str, list[Any]]:
    """The condition that a row's search columns hold any of the readings.

    `by_index`: only what the index of trigrams can answer. Two letters then stand at the beginning of a word, and
    single ones are left out; "" means that nothing is left.
    """
    anyhow, params = [], []
    for reading in readings:
        every: list[str] = []
        values: list[Any] = []
        is_indexed = False
        for word in reading:
            either = []
            for spelling in word:
                if len(spelling) <= 2 and is_chinese(spelling):
                    either.append(f"{table}.search_grams @> ARRAY[%s]::text[]")
                    values.append(spelling)
                    is_indexed = True
                elif by_index and len(spelling) == 2:
                    either.append(f"({table}.search LIKE %s OR {table}.search LIKE %s)")
                    values += [f"{escaped(spelling)}%", f"% {escaped(spelling)}%"]
                    is_indexed = True
                elif by_index and len(spelling) == 1:  # kept from the index, which would be read whole
                    either.append(f"({table}.search || '') LIKE %s")
                    values.append(f"%{escaped(spelling)}%")
                else:
                    either.append(f"{table}.search LIKE %s")
                    values.append(f"%{escaped(spelling)}%")
                    is_indexed = True
            every.append(f"({' OR '.join(either)})" if len(either) > 1 else either[0])
        if is_indexed or not by_index:
            anyhow.append(" AND ".join(every))
            params += values
    return " OR ".join(f"({one})" for one in anyhow), params


def matching(query: str | Wanted) -> Q:
    """Rows that contain every word of `query`; parts of words, Chinese from one character, numbers in any form."""
    looked_for = wanted(query) if isinstance(query, str) else query
    condition = Q()
    for reading in looked_for.readings:
        every = Q()
        for word in reading:
            every &= _any(word)
        condition |= every
    return condition


def _any(word: tuple[str, ...]) -> Q:
    either = Q()
    for spelling in word:
        is_gram = len(spelling) <= 2 and is_chinese(spelling)
        either |= Q(search_grams__contains=[spelling]) if is_gram else Q(search__contains=spelling)
    return either
