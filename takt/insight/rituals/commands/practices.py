"""Practices that work: kept for everybody, removed by their author or a leader, brought back."""

import datetime as dt

from django.utils.translation import gettext as _

from takt.insight.rituals.events import PracticeBroughtBack, PracticeKept, PracticeRemoved
from takt.insight.rituals.models import Practice
from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.undo.registry import inverse
from takt.sales.deals.models import Stage
from takt.sales.deals.queries.gates import today_of

MOST_TEXT = 1000


@command
def keep_practice(
    text: str, *, stage: int | None = None, author: User | None = None, by: Actor, at: dt.datetime
) -> Practice:
    """Write down what worked, for everybody to read, by the stage that it helps in.

    `author` is whose practice it is, where another one writes it down; who may, `say` has asked.
    """
    if by.user is None or owners_within(by.user, "deal") == frozenset():
        raise Forbidden
    text = text.strip()
    if not text:
        raise Invalid.field("text", _("Say what worked."), "required")
    if len(text) > MOST_TEXT:
        raise Invalid.field("text", _("At most 1,000 characters."), "too_long")
    if stage is not None and not Stage.objects.filter(pk=stage).exists():
        raise Invalid.field("stage", _("There is no such stage."), "unknown")
    row = Practice.objects.create(
        text=text, stage_id=stage, author=author or by.user, day=today_of(at), created_at=at
    )
    record(PracticeKept(stage=stage), about=("practice", row.pk), by=by, at=at)
    return row


def _locked(practice: int, by: Actor, *, is_gone: bool) -> Practice:
    """The row, if it is one's own or one leads."""
    if by.user is None or owners_within(by.user, "deal") == frozenset():
        raise NotFound
    rows = Practice.objects.select_for_update(of=("self",)).filter(pk=practice)
    row = rows.filter(deleted_at__isnull=not is_gone).first()
    if row is None:
        raise NotFound
    if row.author_id != by.user.pk and not may(by, "run_rituals"):
        raise Forbidden
    return row


@command
def remove_practice(practice: int, *, by: Actor, at: dt.datetime) -> Practice:
    """Take a practice out of what everybody reads; its author, or whoever leads, may."""
    row = _locked(practice, by, is_gone=False)
    row.deleted_at = at
    row.save(update_fields=["deleted_at"])
    record(PracticeRemoved(author=row.author_id), about=("practice", row.pk), by=by, at=at)
    return row


@inverse("rituals.bring_practice_back")
@command
def bring_practice_back(practice: int, *, by: Actor, at: dt.datetime) -> Practice:
    """Have everybody read a removed practice again."""
    row = _locked(practice, by, is_gone=True)
    row.deleted_at = None
    row.save(update_fields=["deleted_at"])
    record(PracticeBroughtBack(author=row.author_id), about=("practice", row.pk), by=by, at=at)
    return row
