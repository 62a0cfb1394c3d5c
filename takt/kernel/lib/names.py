"""Sorting and searching of names across Latin, Cyrillic and Chinese."""

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"\s+")
_CJK = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_CJK_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")


def fold(text: str) -> str:
    """The comparable form of a text: compatibility forms and case folded, Ё as Е, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _SPACES.sub(" ", text).strip()


@lru_cache(maxsize=4096)
def _pinyin(char: str) -> str:
    from pypinyin import lazy_pinyin  # heavy; loaded only where Chinese is met

    return lazy_pinyin(char)[0]


def sort_key(text: str) -> str:
    """What names are ordered by: folded, Chinese by its pinyin; at most 200 characters."""
    folded = fold(text)
    if _CJK.search(folded):
        folded = "".join(_pinyin(c) + " " if _CJK.match(c) else c for c in folded)
    return folded[:200]


def grams(text: str) -> list[str]:
    """Single Chinese characters and their pairs: trigrams can't serve one or two characters."""
    found: set[str] = set()
    for run in _CJK_RUN.findall(fold(text)):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return sorted(found)


def search_text(*parts: str | None) -> str:
    """The folded words a record is found by, in one line."""
    return fold(" ".join(p for p in parts if p))[:2000]
