"""The tab that keeps a spreadsheet from running a text as a formula, put on at export and taken off at import."""

from __future__ import annotations

import re

TRIGGERS = "=+-@\t\r\n＝＋－＠"
# Digits and their marks only: such a cell can't call anything, and a phone or an amount must stay bit-exact.
HARMLESS = re.compile(r"[+-][0-9][0-9 ()./,\u00a0\u202f-]*%?")
GUARDED = re.compile(f"\t[{re.escape(TRIGGERS)}]")


def guarded(text: str) -> str:
    """The text as a CSV cell may carry it."""
    if text and text[0] in TRIGGERS and not HARMLESS.fullmatch(text):
        return "\t" + text
    return text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if GUARDED.match(text) else text
