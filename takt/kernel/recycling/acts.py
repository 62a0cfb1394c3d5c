"""Bringing many records back and removing many for good, piece by piece in the background."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal
from takt.kernel.lists.acts import Act, Outcome
from takt.kernel.ui import formats

type Carried = Callable[..., int]


def acts_of(rows: Callable[..., Any], restore: Carried, purge: Carried) -> tuple[Act, ...]:
    """The two acts of a kind of record in the bin; its page asks for them, and no list."""
    return (
        Act(
            "restore",
            _("Restore"),
            _piecewise(rows, restore),
            None,
            may="delete",
            is_listed=False,
            said=said_back,
        ),
        Act(
            "purge",
            _("Remove for good"),
            _piecewise(rows, purge),
            None,
            may="administer",
            is_ending=True,
            is_listed=False,
            said=said_gone,
        ),
    )


def said_back(count: int) -> str:
    said = ngettext("%(count)s record is back.", "%(count)s records are back.", count)
    return said % {"count": formats.number(count)}


def said_gone(count: int) -> str:
    said = ngettext(
        "%(count)s record was removed for good.", "%(count)s records were removed for good.", count
    )
    return said % {"count": formats.number(count)}


def _piecewise(rows: Callable[..., Any], carried: Carried) -> Callable[..., Outcome]:
    """A command for records of the bin as an act on many: what refuses is left out and noted, the rest goes on."""

    @command
    def carry(
        ids: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
    ) -> Outcome:
        """Carry one piece out, all of it or record by record."""
        out = Outcome()
        there = sorted(rows(by.user).filter(pk__in=ids).values_list("pk", flat=True))
        if not there:
            return out
        try:
            with transaction.atomic():
                carried(there, by=by, at=at)
        except Refusal:
            _one_by_one(there, carried, out, by=by, at=at)
        else:
            out.changed = dict.fromkeys(there, {})
        return out

    return carry


def _one_by_one(ids: Sequence[int], carried: Carried, out: Outcome, *, by: Actor, at: dt.datetime) -> None:
    for pk in ids:
        try:
            with transaction.atomic():
                carried([pk], by=by, at=at)
        except Refusal as refusal:
            out.refuse(pk, refusal)
        else:
            out.changed[pk] = {}
