"""What makes a good record of an action (domain spec, Decided 7)."""

import re

_CJK = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿]")
TITLE_MIN = 10
REVIEW = "review"  # the type of task that asks for a word on a deal that has stood too long
REVIEW_ENFORCED = 2
BODY_MIN = 20


def text_length(text: str) -> float:
    """Letters count 1, Chinese characters 2.5: they say as much in less."""
    cjk = len(_CJK.findall(text))
    return len(text) - cjk + 2.5 * cjk


def title_is_short(title: str, type_name: str) -> bool:
    """A warning and an audit mark, never a block."""
    return text_length(title.strip()) < TITLE_MIN or title.strip().casefold() == type_name.strip().casefold()
