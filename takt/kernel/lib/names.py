"""Sorting and searching of names across Latin, Cyrillic and Chinese."""

import os
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
    # Loaded only where Chinese is met, and without its readings of whole phrases, four fifths of its memory: one
    # character alone is read the same without them.
    os.environ.update(PYPINYIN_NO_PHRASES="1", PYPINYIN_NO_DICT_COPY="1")
    from pypinyin import lazy_pinyin

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


def spelt(text: str) -> str:
    """How the Chinese parts of a text are typed in Latin letters: `张伟` as `zhangwei zw`."""
    found: dict[str, None] = {}
    for run in _CJK_RUN.findall(text):
        sounds = [_pinyin(c) for c in run]
        found["".join(sounds)] = None
        if len(sounds) > 1:
            found["".join(s[0] for s in sounds if s)] = None
    return " ".join(found)


def search_text(*parts: str | None) -> str:
    """The folded words a record is found by, in one line; Chinese ones also by their pinyin."""
    text = fold(" ".join(p for p in parts if p))[:2000]
    return f"{text} {sounds}"[:3000] if (sounds := spelt(text)) else text


_QWERTY = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_ЙЦУКЕН = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_SWITCHED = str.maketrans(_QWERTY + _ЙЦУКЕН, _ЙЦУКЕН.replace("ё", "е") + _QWERTY)


def other_layout(text: str) -> str:
    """What the same keys give on the other of the Latin and the Russian keyboard: `ghbdtn` as `привет`."""
    return fold(fold(text).translate(_SWITCHED))


def distance(one: str, other: str, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped with their neighbour; above `most` is `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


_LOOKED_AT = (
    7  # letters from the start: two errors in them at most are looked for by what remains without them
)


def errors_allowed(word: str) -> int:
    """How many letters may be wrong for a word to be taken for another: none, one or two by its length."""
    return 0 if len(word) < 4 else 1 if len(word) < 7 else 2


def remains(word: str) -> list[str]:
    """What is left of a word's start when as many letters are taken out as may be wrong.

    Two words that differ by so few errors have at least one of these in common (SymSpell).
    """
    found = {word[:_LOOKED_AT]}
    latest = set(found)
    for _ in range(errors_allowed(word)):
        latest = {w[:i] + w[i + 1 :] for w in latest for i in range(len(w))}
        found |= latest
    return sorted(w for w in found if len(w) > 1)
