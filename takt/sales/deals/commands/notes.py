"""Comments on deals, companies and contacts: written, changed, pinned, removed and brought back."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, touched, who_may
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.files.commands import Upload, attach_files
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import remove_rows
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.activities import events
from takt.sales.activities.mentions import mentioned
from takt.sales.activities.models import Note
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal

LONGEST = 20_000


@command
def add_note(
    body: str,
    *,
    by: Actor,
    at: dt.datetime,
    deal: Any = None,
    company: Any = None,
    contact: Any = None,
    files: Sequence[Upload] = (),
) -> Note:
    """Write a comment, with files; whoever may see the record may comment. Colleagues named with @ are told of it.

    `note.not_told` names those who can't see the record and are therefore not told.
    """
    if sum(x is not None for x in (deal, company, contact)) != 1:
        raise Invalid.field("deal", _("A note belongs to one deal, company or contact."), "required")
    text = _text(body)
    on_deal = Deal.objects.found(deal, by=by.user) if deal is not None else None
    on_company = Company.objects.found(company, by=by.user) if company is not None else None
    on_contact = Contact.objects.found(contact, by=by.user) if contact is not None else None
    note = Note.objects.create(
        body=text,
        deal=on_deal,
        company=on_company,
        contact=on_contact,
        author=by.user,
        created_at=at,
        updated_at=at,
    )
    told, note.not_told = _told(text, on_deal or on_company or on_contact)  # type: ignore[attr-defined]
    record(events.NoteAdded(note=note.pk, body=text, mentions=told), about=_about(note), by=by, at=at)
    if files:
        attach_files("note", note.pk, files, by=by, at=at)
    if on_deal is not None and at > on_deal.last_activity_at:
        Deal.objects.filter(pk=on_deal.pk).update(last_activity_at=at)
    return note


def _text(body: Any) -> str:
    checks = Checks()
    text = checks.text("body", body, most=LONGEST, required=True)
    checks.finish()
    return text


def _told(text: str, parent: Any) -> tuple[list[int], list[str]]:
    """Who is mentioned and may see the record, and the names of those who are but may not."""
    if "@" not in text:
        return [], []
    people = list(User.objects.filter(is_active=True).values_list("pk", "name"))
    meant = mentioned(text, people)
    if not meant:
        return [], []
    kind = str(parent._meta.model_name)
    seeing = who_may(kind, parent.pk, parent.owner_id, unowned_is_shared=kind != "deal")
    names = dict(people)
    return [pk for pk in meant if pk in seeing], [names[pk] for pk in meant if pk not in seeing]


def _about(note: Note) -> list[Any]:
    """The record of the note; a deal's notes stand on its company's timeline too."""
    company = note.deal.company if note.deal is not None else None
    return [x for x in (note.deal, note.company, note.contact, company) if x is not None]


def _own(note: Any, by: Actor, version: int | None = None) -> Note:
    """The note, locked: NotFound where the person can't see it, Forbidden where somebody else wrote it."""
    pk = getattr(note, "pk", note)
    row = Note.objects.visible_to(by.user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    if by.user is not None and row.author_id != by.user.pk and not by.user.is_admin:
        raise Forbidden
    if version is not None and version != row.version:
        raise Stale
    return row


@command
def edit_note(note: Any, body: str, *, by: Actor, at: dt.datetime, version: int | None = None) -> Note:
    """Change one's own comment; what stood there stays in the history. Only who is newly named is told."""
    row = _own(note, by, version)
    text = _text(body)
    row.not_told = []  # type: ignore[attr-defined]
    if text == row.body:
        return row
    parent = row.deal or row.company or row.contact
    before, _unseen = _told(row.body, parent)
    now, row.not_told = _told(text, parent)  # type: ignore[attr-defined]
    changes: list[dict[str, object]] = [{"field": "body", "old": row.body, "new": text}]
    fact = events.NoteEdited(note=row.pk, changes=changes, mentions=[pk for pk in now if pk not in before])
    row.body, row.edited_at = text, at
    touched(row, at)
    row.save(update_fields=["body", "edited_at", "version", "updated_at"])
    record(fact, about=_about(row), by=by, at=at)
    return row


@command
def pin_note(note: Any, *, is_pinned: bool = True, by: Actor, at: dt.datetime) -> Note:
    """Put a comment on top of the timeline, or take it down: whoever may edit the record."""
    pk = getattr(note, "pk", note)
    row = Note.objects.visible_to(by.user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    kind, number = row.parent
    model: Any = {"deal": Deal, "company": Company, "contact": Contact}[kind]
    if not model.objects.visible_to(by.user, "edit").filter(pk=number).exists():
        raise Forbidden
    if is_pinned == (row.pinned_at is not None):
        return row
    row.pinned_at = at if is_pinned else None
    touched(row, at)
    row.save(update_fields=["pinned_at", "version", "updated_at"])
    fact = events.NotePinned(note=row.pk) if is_pinned else events.NoteUnpinned(note=row.pk)
    record(fact, about=_about(row), by=by, at=at)
    return row


@command
def delete_note(note: Any, *, by: Actor, at: dt.datetime) -> Note:
    """Move one's own comment to the recycle bin, with its files; an administrator any."""
    row = _own(note, by)
    row.deleted_at, row.deleted_by = at, by.user
    touched(row, at)
    row.save(update_fields=["deleted_at", "deleted_by", "version", "updated_at"])
    record(events.NoteDeleted(note=row.pk), about=_about(row), by=by, at=at)
    return row


@inverse("notes.restore")
@command
def restore_notes(notes: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring comments back from the recycle bin as they were, all or none."""
    rows = _binned(notes, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        row.deleted_at = row.deleted_by = None
        touched(row, at)
        record(events.NoteRestored(note=row.pk), about=_about(row), by=by, at=at, batch=batch)
    Note.objects.bulk_update(rows, ["deleted_at", "deleted_by", "version", "updated_at"], batch_size=500)
    return len(rows)


@command
def purge_notes(notes: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove comments in the recycle bin for good."""
    demand(by, "administer")
    rows = _binned(notes, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        record(events.NotePurged(note=row.pk), about=_about(row), by=by, at=at, batch=batch)
    remove_rows(Note, [row.pk for row in rows])
    return len(rows)


def _binned(notes: Iterable[Any], by: Actor) -> list[Note]:
    ids = sorted({int(getattr(n, "pk", n)) for n in notes})
    rows = Note.objects.restorable_by(by.user).filter(pk__in=ids).order_by("pk")
    found = list(rows.select_related("deal__company").select_for_update(of=("self",)))
    if len(found) != len(ids):
        raise NotFound
    return found
