"""Objections to violations, and their decision."""

import datetime as dt

from django.utils.translation import gettext as _

from takt.insight.audits.models import AuditSession
from takt.insight.bonus.commands.setting import seen_person
from takt.insight.bonus.events import BonusAppealDecided, BonusAppealed
from takt.insight.bonus.models import BonusAppeal, BonusSheet
from takt.insight.bonus.queries import deciders_of, ledgers
from takt.insight.bonus.rules import COUNTS, SAME, first_of
from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.office.notifications.commands import notify
from takt.sales.deals.queries.gates import today_of


@command
def appeal(audit: int, check: str, *, comment: str, by: Actor, at: dt.datetime) -> BonusAppeal:
    """Object to a violation of one's own, once, while there is time to. Whoever decides hears of it."""
    if by.user is None:
        raise Forbidden
    me = seen_person(by.user.pk, by)
    session = AuditSession.objects.filter(pk=audit, finished_at__isnull=False).first()
    if session is None or session.finished_at is None:
        raise NotFound
    month, today = first_of(today_of(session.finished_at)), today_of(at)
    ledger = ledgers([me], month, today)[0]
    line = next((one for one in ledger.lines if (one.finding.audit, one.check) == (audit, check)), None)
    if line is None or line.state not in {COUNTS, SAME} and not line.appeal:
        raise NotFound
    if ledger.sheet is not None:
        raise Refused(_("This month is approved already."), code="frozen")
    if line.appeal:
        raise Refused(_("You have objected to this already."), code="already_closed")
    if line.appeal_until is not None and today > line.appeal_until:
        raise Refused(_("The time to object to this is over."), code="too_late")
    row = BonusAppeal.objects.create(
        session=session,
        person=me,
        check_code=check,
        month=month,
        comment=_said("comment", comment),
        made_at=at,
    )
    event = BonusAppealed(appeal=row.pk)
    record(event, about=("bonus_appeal", row.pk), by=by, at=at)
    for decider in deciders_of(me):
        notify(
            decider,
            kind="bonus.appealed",
            key=f"bonus-appeal:{row.pk}",
            params={"actor": me.name, "month": month.isoformat()},
            url=f"/bonus/{me.pk}?month={month:%Y-%m}",
            by=by,
            at=at,
        )
    return row


@command
def decide_appeal(appeal: int, *, accept: bool, answer: str, by: Actor, at: dt.datetime) -> BonusAppeal:
    """Accept an objection, by which the violation costs nothing, or refuse it; either with a reason."""
    demand(by, "approve_bonus")
    row = BonusAppeal.objects.filter(pk=appeal).first()
    if row is None:
        raise NotFound
    person = seen_person(row.person_id, by)
    if by.user is None or person.pk == by.user.pk:
        raise Forbidden(_("Somebody else decides about your own bonus."))
    row.refresh_from_db()
    if row.verdict != BonusAppeal.Verdict.OPEN:
        raise Refused(_("This objection is decided already."), code="already_closed")
    if BonusSheet.objects.filter(person=person, month=row.month, reopened_at=None).exists():
        raise Refused(_("This month is approved already."), code="frozen")
    row.verdict = BonusAppeal.Verdict.ACCEPTED if accept else BonusAppeal.Verdict.REFUSED
    row.answer, row.decided_by, row.decided_at = _said("answer", answer), by.user, at
    row.save(update_fields=["verdict", "answer", "decided_by", "decided_at"])
    record(BonusAppealDecided(appeal=row.pk), about=("bonus_appeal", row.pk), by=by, at=at)
    notify(
        person.pk,
        kind="bonus.appeal_accepted" if accept else "bonus.appeal_refused",
        key=f"bonus-decision:{row.pk}",
        params={"actor": by.user.name, "month": row.month.isoformat()},
        url=f"/bonus/{person.pk}?month={row.month:%Y-%m}",
        by=by,
        at=at,
    )
    return row


def _said(name: str, text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid.field(name, _("Write why."), "required")
    if len(text) > 2000:
        raise Invalid.field(name, _("At most 2,000 characters."), "too_long")
    return text
