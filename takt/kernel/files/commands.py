"""Attaching files to records, removing them and bringing them back."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.access.records import is_open_to, model_of
from takt.kernel.events.unit import command, record
from takt.kernel.files import events, storing
from takt.kernel.files.models import HELD, KINDS, File, HeldFile
from takt.kernel.files.rules import clean_name
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.settings.queries import value_of
from takt.kernel.undo.registry import inverse

MEGABYTE = 1024 * 1024
LEFT_SECONDS = 24 * 3600
MOST_HELD = 100  # of one person, not attached yet; beyond it the oldest go


@dataclass(frozen=True)
class Upload:
    """A file as it comes in: the name that its sender gave it, and its bytes in pieces."""

    name: str
    chunks: Iterable[bytes]


def demand_may_attach(kind: str, number: int, by: Actor) -> None:
    """NotFound where the record is hidden, Forbidden for who may see but not edit it."""
    if kind not in KINDS:
        raise Invalid.field("kind", _("Nothing can be attached to this."), "unknown")
    if not is_open_to(kind, number, by.user):
        raise NotFound
    if not is_open_to(kind, number, by.user, "edit"):
        raise Forbidden


def most_bytes() -> int:
    return value_of("file.max_mb") * MEGABYTE


@command
def attach_files(
    kind: str, number: int, uploads: Sequence[Upload], *, by: Actor, at: dt.datetime
) -> list[File]:
    """Attach files to a record that the person may edit (a note: that he wrote), all or none.

    The bytes are safe on the disk before their rows are written; where anything is refused, none of them stay.
    """
    demand_may_attach(kind, number, by)
    if not uploads:
        raise Invalid.field("file", _("Choose a file."), "required")
    most = most_bytes()
    kept: list[storing.Kept] = []
    try:
        for upload in uploads:
            kept.append(_keep(upload, most))
        return _attach(kind, number, uploads, kept, by, at)
    except BaseException:
        for one in kept:
            storing.discard(one.stored)
        raise


def _keep(upload: Upload, most: int) -> storing.Kept:
    try:
        return storing.keep(upload.chunks, most)
    except storing.TooLarge:
        sentence = _("%(name)s is larger than the %(most)d MB that are allowed.")
        given = {"name": clean_name(upload.name), "most": most // MEGABYTE}
        raise Invalid.field("file", sentence % given, "too_large") from None


def _attach(
    kind: str,
    number: int,
    uploads: Sequence[Upload],
    kept: Sequence[storing.Kept],
    by: Actor,
    at: dt.datetime,
) -> list[File]:
    rows = []
    for upload, one in zip(uploads, kept, strict=True):
        name = clean_name(upload.name)
        rows.append(
            File(
                kind=kind,
                object_id=number,
                name=name,
                sort_key=sort_key(name)[:200],
                size=one.size,
                sha256=one.sha256,
                stored=one.stored,
                shown_as=one.shown_as,
                uploaded_at=at,
                uploaded_by=by.user,
            )
        )
    File.objects.bulk_create(rows)
    about = _about(kind, number)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        fact = events.FileAdded(file=row.pk, name=row.name, size=row.size, sha256=row.sha256)
        record(fact, about=about, by=by, at=at, batch=batch)
    return rows


def _about(kind: str, number: int) -> list[tuple[str, int]]:
    """On whose timelines it stands: a task's and a note's files also on those of what they belong to."""
    about = [(kind, number)]
    if kind in {"task", "note"}:
        model: Any = model_of(kind)
        row = (
            model._base_manager.filter(pk=number).values("deal_id", "company_id", "contact_id").first() or {}
        )
        about += [(column.removesuffix("_id"), pk) for column, pk in row.items() if pk is not None]
    return about


@command
def hold_file(upload: Upload, *, by: Actor, at: dt.datetime) -> HeldFile:
    """Keep a file that came with a form until its record is saved, a day at most; who sent it alone can use it."""
    if by.user is None:
        raise Forbidden
    kept = _keep(upload, most_bytes())
    try:
        row = HeldFile.objects.create(
            token=uuid.uuid4(),
            user=by.user,
            name=clean_name(upload.name),
            size=kept.size,
            sha256=kept.sha256,
            stored=kept.stored,
            shown_as=kept.shown_as,
            held_at=at,
        )
        older = HeldFile.objects.filter(user=by.user).order_by("-id").values_list("pk", flat=True)
        HeldFile.objects.filter(pk__in=list(older[MOST_HELD : MOST_HELD + 100])).delete()
        record(events.FileHeld(size=row.size), about=[("user", by.user.pk)], by=by, at=at)
    except BaseException:
        storing.discard(kept.stored)
        raise
    return row


def held_file(word: str, user: Any) -> HeldFile | None:
    """What `held:…` means for this person; None where it is another's, or not kept any more."""
    token = word.removeprefix(HELD)
    if user is None or not word.startswith(HELD) or len(token) != 32:
        return None
    try:
        return HeldFile.objects.filter(token=uuid.UUID(hex=token), user=user).first()
    except ValueError:
        return None


@command
def attach_held(word: str, kind: str, number: int, *, by: Actor, at: dt.datetime) -> File:
    """A file that came with a form belongs to its record from now on; the form's command has judged the right."""
    held = held_file(word, by.user)
    if held is None or not HeldFile.objects.select_for_update().filter(pk=held.pk).exists():
        raise Invalid.field("file", _("This file is not kept any more. Choose it again."), "unknown")
    kept = storing.Kept(held.stored, held.size, held.sha256, held.shown_as)
    held.delete()
    return _attach(kind, number, [Upload(held.name, ())], [kept], by, at)[0]


@command
def delete_file(file: int, *, by: Actor, at: dt.datetime) -> File:
    """Move a file to the recycle bin: whoever attached it, or may edit its record."""
    row = File.objects.visible_to(by.user).select_for_update(of=("self",)).filter(pk=file).first()
    if row is None:
        raise NotFound
    is_own = by.user is not None and row.uploaded_by_id == by.user.pk
    if not is_own and not is_open_to(row.kind, row.object_id, by.user, "edit"):
        raise Forbidden
    row.deleted_at, row.deleted_by = at, by.user
    row.save(update_fields=["deleted_at", "deleted_by"])
    fact = events.FileDeleted(file=row.pk, name=row.name)
    record(fact, about=_about(row.kind, row.object_id), by=by, at=at)
    return row


@inverse("files.restore")
@command
def restore_files(files: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring files back from the recycle bin to their records, all or none."""
    rows = _binned(files, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        fact = events.FileRestored(file=row.pk, name=row.name)
        record(fact, about=_about(row.kind, row.object_id), by=by, at=at, batch=batch)
    File.objects.filter(pk__in=[r.pk for r in rows]).update(deleted_at=None, deleted_by=None)
    return len(rows)


@command
def purge_files(files: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove files in the recycle bin for good, their bytes as soon as it is certain."""
    demand(by, "administer")
    rows = _binned(files, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        record(
            events.FilePurged(file=row.pk), about=_about(row.kind, row.object_id), by=by, at=at, batch=batch
        )
    _remove(rows)
    return len(rows)


def _binned(files: Iterable[Any], by: Actor) -> list[File]:
    ids = sorted({int(getattr(f, "pk", f)) for f in files})
    rows = File.objects.restorable_by(by.user).filter(pk__in=ids).order_by("pk")
    found = list(rows.select_for_update(of=("self",)))
    if len(found) != len(ids):
        raise NotFound
    return found


def _remove(rows: Sequence[File]) -> None:
    stored = [r.stored for r in rows]
    File.objects.filter(pk__in=[r.pk for r in rows]).delete()

    def discard_all() -> None:
        for one in stored:
            storing.discard(one)

    transaction.on_commit(discard_all)


@command
def move_files(kind: str, loser: int, survivor: int, *, by: Actor, at: dt.datetime) -> list[int]:
    """When a record is merged into another its files go along; answers which. The merge itself is the event."""
    ids = list(File.objects.filter(kind=kind, object_id=loser).order_by("pk").values_list("pk", flat=True))
    File.objects.filter(pk__in=ids).update(object_id=survivor)
    return ids


@command
def move_files_back(
    ids: Sequence[int], kind: str, loser: int, survivor: int, *, by: Actor, at: dt.datetime
) -> None:
    """What a merge moved is the loser's again."""
    File.objects.filter(pk__in=ids, kind=kind, object_id=survivor).update(object_id=loser)


def _is_known(stored: str) -> bool:
    return any(model._base_manager.filter(stored=stored).exists() for model in (File, HeldFile))


@command
def sweep(*, by: Actor, at: dt.datetime) -> int:
    """Clear away files whose record is gone for good, and bytes a day old that no row knows."""
    gone = list(File.objects.orphans().order_by("pk")[:5000])
    if gone:
        _remove(gone)
        record(events.FilesSwept(files=len(gone)), about=[], by=by, at=at)
    HeldFile.objects.filter(held_at__lt=at - dt.timedelta(seconds=LEFT_SECONDS)).delete()
    for path, is_aside in storing.lying_since(at.timestamp() - LEFT_SECONDS):
        if is_aside or not _is_known(path.name):
            path.unlink(missing_ok=True)
    return len(gone)
