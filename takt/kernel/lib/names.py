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


_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщыэюяіїєґўј",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "zh",
            "z",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "h",
            "ts",
            "ch",
            "sh",
            "sh",
            "i",
            "e",
            "iu",
            "ia",
            "i",
            "i",
            "e",
            "g",
            "u",
            "i",
        ],
        strict=True,
    ),
    ъ="",
    ь="",
)
# Sounds that are written in more than one way when a name moves between alphabets; longest first.
_SOUNDS = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("kh", "h"), ("ph", "f"), ("ck", "k"), ("ks", "x"),
    ("yo", "e"), ("yu", "iu"), ("ju", "iu"), ("ya", "ia"), ("ja", "ia"), ("ye", "e"), ("je", "e"), ("w", "v"),
    ("y", "i"), ("j", "i"),
)  # fmt: skip
_TWICE = re.compile(r"(\D)\1+")


def latin(text: str) -> str:
    """The folded text in plain Latin letters: Cyrillic by its sounds, Chinese by its pinyin, no accents."""
    folded = unicodedata.normalize("NFKD", fold(text).replace("ß", "ss"))
    spelt = "".join(_CYRILLIC.get(c, c) for c in unicodedata.normalize("NFKC", folded))
    if _CJK.search(spelt):
        spelt = "".join(f" {_pinyin(c)} " if _CJK.match(c) else c for c in spelt)
    bare = unicodedata.normalize("NFKD", spelt)
    return _SPACES.sub(" ", "".join(c for c in bare if not unicodedata.combining(c))).strip()


def sounding(text: str) -> str:
    """What two spellings of one name have in common, across Latin, Cyrillic and Chinese."""
    words = latin(text)
    for written, sound in _SOUNDS:
        words = words.replace(written, sound)
    return _TWICE.sub(r"\1", words)


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
