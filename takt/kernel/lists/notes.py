"""Notes on a timeline: as they stand now, with links, names and files, and what their reader may do with them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from takt.kernel.access.records import model_of
from takt.kernel.accounts.models import User
from takt.kernel.files.models import File

_LINK = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_AFTER = ".,;:!?)]}'…"


@dataclass(frozen=True)
class Piece:
    """A stretch of text; `url` where it is a link, `is_name` where it names a colleague."""

    text: str
    url: str = ""
    is_name: bool = False


@dataclass(frozen=True)
class NoteView:
    """A note as its reader sees it; `pieces` are empty where it was removed."""

    pk: int
    pieces: list[Piece]
    author: str
    at: Any
    is_edited: bool
    is_pinned: bool
    is_gone: bool
    may_change: bool
    may_pin: bool
    files: list[File]


def pieces_of(text: str, names: Iterable[str] = ()) -> list[Piece]:
    """The text in stretches: addresses of the web become links, names of colleagues after an @ stand out."""
    found: list[Piece] = []
    place = 0
    for match in _LINK.finditer(text):
        url = match[0]
        while url and (url[-1] in _AFTER) and not (url[-1] == ")" and url.count("(") >= url.count(")")):
            url = url[:-1]
        if len(url.split("://", 1)[-1]) < 3:
            continue
        found += _named(text[place : match.start()], names)
        found.append(Piece(url, url=url))
        place = match.start() + len(url)
    return found + _named(text[place:], names)


def _named(text: str, names: Iterable[str]) -> list[Piece]:
    if not text:
        return []
    known = sorted((n for n in names if n), key=len, reverse=True)
    if "@" not in text or not known:
        return [Piece(text)]
    pattern = re.compile(rf"(?<![\w@])@(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
    found, place = [], 0
    for match in pattern.finditer(text):
        if match.start() > place:
            found.append(Piece(text[place : match.start()]))
        found.append(Piece(match[0], is_name=True))
        place = match.end()
    if place < len(text):
        found.append(Piece(text[place:]))
    return found


def notes_by_key(keys: Iterable[int], user: User) -> dict[int, NoteView]:
    """The notes of these keys, removed ones too, in at most four questions; none where there are no keys."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    model: Any = model_of("note")
    return _views(model.objects.filter(pk__in=wanted), user)


def pinned_notes(kind: str, number: int, user: User) -> list[NoteView]:
    """The pinned notes of a record that the person sees, the latest pinned first."""
    model: Any = model_of("note")
    rows = model.objects.filter(**{kind: number}, deleted_at=None, pinned_at__isnull=False)
    return list(_views(rows.order_by("-pinned_at", "-pk")[:20], user).values())


def _views(rows: QuerySet[Any], user: User) -> dict[int, NoteView]:
    notes = list(rows.select_related("author").only(
        "body", "author__name", "created_at", "edited_at", "pinned_at", "deleted_at"
    ))  # fmt: skip
    files: dict[int, list[File]] = {}
    for file in File.objects.alive().filter(kind="note", object_id__in=[n.pk for n in notes]).order_by("pk"):
        files.setdefault(file.object_id, []).append(file)
    model: Any = model_of("note")
    edited = model.objects.filter(pk__in=[n.pk for n in notes], deleted_at=None).on_records_of(user, "edit")
    pinnable = set(edited.values_list("pk", flat=True))
    has_names = any("@" in n.body for n in notes)
    names = list(User.objects.values_list("name", flat=True)) if has_names else []
    return {
        n.pk: NoteView(
            pk=n.pk,
            pieces=[] if n.deleted_at else pieces_of(n.body, names),
            author=n.author.name if n.author else "Takt",
            at=n.created_at,
            is_edited=n.edited_at is not None,
            is_pinned=n.pinned_at is not None,
            is_gone=n.deleted_at is not None,
            may_change=n.deleted_at is None and (n.author_id == user.pk or user.is_admin),
            may_pin=n.pk in pinnable,
            files=[] if n.deleted_at else files.get(n.pk, []),
        )
        for n in notes
    }
