"""Cells of text as yes or no, and as lists."""

from __future__ import annotations

import re
import unicodedata

from .errors import NotAValue
from .limits import VALUE_CHARS

YES = frozenset(
    ["1", "y", "yes", "true", "t", "on", "x", "✓", "✔", "да", "д", "истина", "是", "真", "对", "有"]
)
NO = frozenset(["0", "n", "no", "false", "f", "off", "нет", "н", "ложь", "否", "假", "不", "无", "無"])


def parse_bool(text: str) -> bool:
    """Yes or no, in English, Russian or Chinese."""
    answer = unicodedata.normalize("NFKC", text[:VALUE_CHARS]).strip().casefold()
    if answer in YES:
        return True
    if answer in NO:
        return False
    raise NotAValue("bool", text)


BETWEEN = re.compile(r"[;,，；、|\r\n]+")
EXTENSION = re.compile(r"(?i)(?:доб|вн|ext|x|#|分机|转)[\s.:]*\d+.*")


def split_many(text: str | None) -> list[str]:
    """Several phones or e-mail addresses in one cell, in order, each once."""
    parts: list[str] = []
    for piece in BETWEEN.split(text or ""):
        part = piece.strip()
        if parts and EXTENSION.fullmatch(part):  # "+7 495 123-45-67, доб. 12" is one phone
            parts[-1] += ", " + part
        elif part.count("@") > 1:
            parts.extend(word for word in part.split() if word)
        elif part:
            parts.append(part)
    return list(dict.fromkeys(parts))
