"""What is known of a deal by BANT and MEDDIC (domain spec 6.1)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.sales.deals import events
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.labels import QUESTIONS
from takt.sales.deals.models import Deal, Qualification
from takt.sales.deals.rules import BANT, MEDDIC


def _answers(field: str, given: Sequence[Any] | None, count: int, checks: Checks) -> list[int] | None:
    if given is None:
        return None
    found = [int(str(g)) if str(g) in {"0", "1", "2"} else -1 for g in given]
    if len(found) != count or -1 in found:
        told = {"count": count}
        checks.wrong(field, _("Give %(count)d answers, each 0, 1 or 2.") % told, "out_of_range")
        return None
    return found


def _texts(field: str, given: Sequence[Any] | None, count: int, checks: Checks) -> list[str] | None:
    if given is None:
        return None
    if len(given) != count:
        checks.wrong(field, _("Give %(count)d texts.") % {"count": count})
        return None
    return [checks.text(field, g, most=500) for g in given]


@command
def qualify_deal(
    deal: Any,
    *,
    bant: Sequence[Any] | None = None,
    meddic: Sequence[Any] | None = None,
    notes: Sequence[str] | None = None,
    evidence: Sequence[str] | None = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Deal:
    """Answer the questions of BANT (0 unknown, 1 partly, 2 confirmed) and MEDDIC (0 unknown, 1 assumed, 2 confirmed
    by the client), each with a note or a link as evidence. What isn't given stays; the history keeps old and new."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    checks = Checks()
    given = {
        "bant": _answers("bant", bant, len(BANT), checks),
        "meddic": _answers("meddic", meddic, len(MEDDIC), checks),
        "notes": _texts("notes", notes, len(BANT), checks),
        "evidence": _texts("evidence", evidence, len(MEDDIC), checks),
    }
    checks.finish()
    row = Qualification.objects.filter(deal=deal).first() or Qualification(deal=deal)
    changes = _changes(row, given)
    if not changes:
        return deal
    for field, value in given.items():
        if value is not None:
            setattr(row, field, value)
    row.save()
    deal.bant = None if row.bant is None else sum(row.bant)
    deal.meddic = None if row.meddic is None else sum(row.meddic)
    touched(deal, at)
    deal.last_activity_at = max(deal.last_activity_at, at)
    deal.save(update_fields=["bant", "meddic", "version", "updated_at", "last_activity_at"])
    fact = events.DealQualified(changes=changes, bant=deal.bant, meddic=deal.meddic)
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal


def _changes(row: Qualification, given: dict[str, list[Any] | None]) -> list[dict[str, Any]]:
    found = []
    for field, letters in (("bant", BANT), ("notes", BANT), ("meddic", MEDDIC), ("evidence", MEDDIC)):
        new = given[field]
        if new is None:
            continue
        blank = 0 if field in {"bant", "meddic"} else ""
        old = list(getattr(row, field) or [blank] * len(letters))
        method = "BANT" if letters is BANT else "MEDDIC"
        for place, letter in enumerate(letters):
            if old[place] != new[place]:
                label = f"{method}: {QUESTIONS[letter]}"
                found.append(
                    {"field": f"{field}.{letter}", "label": label, "old": old[place], "new": new[place]}
                )
        if not found and getattr(row, field) is None and field in {"bant", "meddic"}:
            found.append({"field": field, "label": method, "old": None, "new": 0})
    return found
