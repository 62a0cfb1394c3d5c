"""Approving a month, by which it is frozen, and reopening it."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.insight.bonus.commands.setting import seen_person
from takt.insight.bonus.events import BonusMonthApproved, BonusSheetReopened
from takt.insight.bonus.models import BonusSheet
from takt.insight.bonus.queries import ledgers, people_of
from takt.insight.bonus.rules import first_of, seal_of
from takt.kernel.access.reach import demand
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.office.notifications.commands import notify
from takt.sales.deals.queries.gates import today_of


@command
def approve_month(
    month: dt.date, *, people: Collection[int] | None = None, by: Actor, at: dt.datetime
) -> list[BonusSheet]:
    """Freeze the month of these people, or of everybody who is ready; nobody approves his own.

    What is named must be ready: the month over, nothing left that can still be put right or objected to, and every
    objection decided.
    """
    demand(by, "approve_bonus")
    user = by.user
    if user is None:
        raise Forbidden
    month, today = first_of(month), today_of(at)
    others = people_of(user, month).exclude(pk=user.pk)
    if people is not None:
        others = others.filter(pk__in=people)
    locked = User.objects.filter(pk__in=list(others.values_list("pk", flat=True)))
    found = list(locked.select_related("team").select_for_update(of=("self",)).order_by("sort_key", "pk"))
    if people is not None and len(found) != len(set(people)):
        raise NotFound
    every = ledgers(found, month, today)
    ready = [ledger for ledger in every if ledger.is_ready(today)]
    if people is not None and (waiting := [one.person.name for one in every if one not in ready]):
        sentence = _("These can't be approved yet, or are already: %(names)s.")
        raise Refused(sentence % {"names": ", ".join(waiting)}, code="not_ready")
    if not ready:
        raise Refused(_("Nobody's month is ready to be approved."), code="not_ready")
    sheets = [
        BonusSheet(
            person=one.person,
            month=month,
            percent=one.percent,
            ledger=(kept := one.to_json()),
            seal=seal_of(kept),
            approved_by=user,
            approved_at=at,
        )
        for one in ready
    ]
    BonusSheet.objects.bulk_create(sheets)
    fact = BonusMonthApproved(month=month.isoformat(), sheets=[s.pk for s in sheets])
    record(fact, about=[("bonus_sheet", s.pk) for s in sheets], by=by, at=at)
    for sheet in sheets:
        _tell(sheet, "bonus.approved", by=by, at=at)
    return sheets


@command
def reopen_sheet(sheet: Any, *, reason: str, by: Actor, at: dt.datetime) -> BonusSheet:
    """Take an approval back, with a reason: the month is counted anew. The former sheet stays as it was."""
    demand(by, "approve_bonus")
    row = BonusSheet.objects.filter(pk=getattr(sheet, "pk", sheet)).first()
    if row is None:
        raise NotFound
    person = seen_person(row.person_id, by)
    if by.user is None or person.pk == by.user.pk:
        raise Forbidden(_("Somebody else decides about your own bonus."))
    row.refresh_from_db()
    if row.reopened_at is not None:
        raise Refused(_("This month is open already."), code="already_closed")
    reason = reason.strip()
    if not reason:
        raise Invalid.field("reason", _("Write why."), "required")
    if len(reason) > 500:
        raise Invalid.field("reason", _("At most 500 characters."), "too_long")
    row.reopened_by, row.reopened_at, row.reopened_because = by.user, at, reason
    row.save(update_fields=["reopened_by", "reopened_at", "reopened_because"])
    fact = BonusSheetReopened(month=row.month.isoformat(), reason=reason)
    record(fact, about=("bonus_sheet", row.pk), by=by, at=at)
    _tell(row, "bonus.reopened", by=by, at=at)
    return row


def _tell(sheet: BonusSheet, kind: str, *, by: Actor, at: dt.datetime) -> None:
    assert by.user is not None
    notify(
        sheet.person_id,
        kind=kind,
        key=f"{kind}:{sheet.pk}",
        params={"actor": by.user.name, "month": sheet.month.isoformat()},
        url=f"/bonus/{sheet.person_id}?month={sheet.month:%Y-%m}",
        by=by,
        at=at,
    )


def approved_sentence(count: int) -> str:
    text = ngettext(
        "%(num)d person's month is approved and frozen.",
        "%(num)d people's month is approved and frozen.",
        count,
    )
    return text % {"num": count}
