"""What a file may be called, and as what it may be shown; nothing that its sender claims is believed."""

import unicodedata

LONGEST_NAME = 200
LONGEST_ENDING = 20
# Characters that turn the reading direction or can't be seen: "exe.gpj" must not read as "jpg.exe".
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_FORBIDDEN = frozenset('<>:"/\\|?*')
_SHOWN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
HEAD = 16


def clean_name(given: str) -> str:
    """The sender's name fit to be shown and saved: without folders, without hidden or reversing characters."""
    bare = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        " " if c in "\t\r\n" else "_" if c in _FORBIDDEN else c
        for c in bare
        if c in "\t\r\n" or unicodedata.category(c) not in _HIDDEN
    )
    name = " ".join(kept.split()).strip(". ")
    if not name:
        return "file"
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > LONGEST_ENDING:
        return name[:LONGEST_NAME].rstrip(". ")
    return stem[: LONGEST_NAME - len(ending) - 1].rstrip(". ") + dot + ending


def shown_as(head: bytes) -> str:
    """As what the browser may show it beside the page, by its first bytes; empty for all that is only downloaded."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _SHOWN if head.startswith(begin)), "")
