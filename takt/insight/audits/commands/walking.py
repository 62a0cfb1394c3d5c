"""An audit, deal by deal: verdicts, comments, and a task for whoever has something to put right."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from takt.insight.audits.commands.planning import note_finished
from takt.insight.audits.events import AuditDealConfirmed, AuditFinished, AuditStarted
from takt.insight.audits.judging import judge, judge_at, limits_on, start_of
from takt.insight.audits.models import AuditedDeal, AuditSession, AuditVerdict
from takt.insight.audits.rules import CHECKS, CODES, FAIL, NA, PASS, after_working_days, sample_of, verdict_of
from takt.kernel.access.reach import demand, own_reach
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.kernel.settings.queries import value_of
from takt.sales.activities.models import Task
from takt.sales.deals.commands import NewTask, create_task, edit_task
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.queries.gates import today_of

MOST_DEALS = 2_000
PERIOD_DAYS = 7
DUE_BY = dt.time(18)


@command
def start_audit(
    *,
    person: Any = None,
    stage: Any = None,
    from_on: dt.date | None = None,
    until_on: dt.date | None = None,
    sample: int | None = None,
    seed: int | None = None,
    by: Actor,
    at: dt.datetime,
) -> AuditSession:
    """Begin a walk: a person's open deals and those he closed in the period, or the open deals of a stage.

    `sample` draws so many of them by chance; the same `seed` draws the same of the same deals. Refused where there is nothing to look at.
    """
    demand(by, "audit")
    if by.user is None or (person is None) == (stage is None):
        raise Invalid.field("person", _("Choose a person or a stage."), "ambiguous")
    today = today_of(at)
    until_on = until_on or today
    from_on = from_on or until_on - dt.timedelta(days=PERIOD_DAYS)
    if from_on > until_on:
        raise Invalid.field("from", _("The period ends before it begins."), "out_of_range")
    if seed is not None and not 0 <= seed < 2**63:
        raise Invalid.field("seed", _("Enter a whole number."), "out_of_range")
    if sample is not None and not 0 < sample <= MOST_DEALS:
        raise Invalid.field("sample", _("Enter a whole number from 1 to 2,000."), "out_of_range")
    people = own_reach(by.user, "deal")
    deals = Deal.objects.alive() if people is None else Deal.objects.alive().filter(owner__in=sorted(people))
    rep, place = _person(person, people), _stage(stage)
    if rep is not None:
        closed = Q(closed_at__gte=start_of(from_on), closed_at__lt=start_of(until_on + dt.timedelta(days=1)))
        deals = deals.filter(Q(status=Deal.Status.OPEN) | closed, owner=rep).order_by(
            "-stage__position", "-amount", "pk"
        )
    else:
        deals = deals.open().filter(stage=place).order_by("owner__sort_key", "owner", "-amount", "pk")
    found = list(deals.values_list("pk", flat=True)[: MOST_DEALS + 1])
    judged = judge(found[:MOST_DEALS], limits_on(today))
    session = AuditSession.objects.create(
        scope="rep" if rep is not None else "stage",
        person=rep,
        stage=place,
        from_on=from_on,
        until_on=until_on,
        sample=sample,
        auditor=by.user,
        started_at=at,
    )
    if sample is not None:
        session.seed = session.pk if seed is None else seed
        session.save(update_fields=["seed"])
    drawn = sample_of(sorted(pk for pk in found if pk in judged), sample, session.seed or 0)
    drawn = [pk for pk in found if pk in set(drawn)]
    if not drawn:
        raise Refused(_("There is no deal to look at."), code="nothing_to_audit")
    rows = AuditedDeal.objects.bulk_create(
        AuditedDeal(session=session, deal_id=pk, owner_id=judged[pk].owner, position=place)
        for place, pk in enumerate(drawn, 1)
    )
    AuditVerdict.objects.bulk_create(
        AuditVerdict(audited=row, check_code=code, found=verdict, verdict=verdict)
        for row in rows
        for code in CODES
        for verdict in [verdict_of(code, judged[row.deal_id].applicable, judged[row.deal_id].failed)]
    )
    fact = AuditStarted(
        deals=len(drawn), scope=session.scope, person=session.person_id, stage=session.stage_id
    )
    record(fact, about=("audit", session.pk), by=by, at=at)
    return session


def _person(given: Any, people: frozenset[int] | None) -> User | None:
    if given is None:
        return None
    users = User.objects.all() if people is None else User.objects.filter(pk__in=people)
    found = users.filter(pk=given.pk if isinstance(given, User) else given).first()
    if found is None:
        raise Invalid.field("person", _("There is no such person."), "unknown")
    return found


def _stage(given: Any) -> Stage | None:
    if given is None:
        return None
    found = Stage.objects.filter(pk=given.pk if isinstance(given, Stage) else given).first()
    if found is None:
        raise Invalid.field("stage", _("There is no such stage."), "unknown")
    return found


def _mine(audit: Any, *, by: Actor) -> AuditSession:
    """The audit, locked, if it is the person's own and still going on."""
    pk = audit.pk if isinstance(audit, AuditSession) else audit
    session = AuditSession.objects.visible_to(by.user).filter(pk=pk).select_for_update(of=("self",)).first()
    if session is None:
        raise NotFound
    if by.user is not None and session.auditor_id != by.user.pk:
        raise Forbidden
    if session.finished_at is not None:
        raise Refused(_("This audit is finished."), code="already_closed")
    return session


@command
def confirm_deal(
    audit: Any,
    deal: int,
    *,
    verdicts: Mapping[str, str],
    comments: Mapping[str, str] | None = None,
    fix_until: dt.date | None = None,
    by: Actor,
    at: dt.datetime,
) -> AuditedDeal:
    """Write down what the auditor found of a deal; what isn't named stays as Takt found it.

    Whatever fails becomes one task of the deal's owner, due on `fix_until`, by default two working days ahead.
    """
    session = _mine(audit, by=by)
    row = AuditedDeal.objects.filter(session=session, deal=deal).select_related("deal", "owner").first()
    judged = judge_at([deal], at).get(deal)
    if row is None:
        raise NotFound
    if judged is None:
        raise Refused(_("This deal is no longer there to be audited."), code="gone")
    comments = comments or {}
    if unknown := (verdicts.keys() | comments.keys()) - set(CODES):
        raise Invalid.field(sorted(unknown)[0], _("There is no such check."), "unknown")
    today = today_of(at)
    if fix_until is not None and fix_until < today:
        raise Invalid.field("fix_until", _("Choose today or a later day."), "out_of_range")
    failed: dict[str, str] = {}
    for verdict in row.verdicts.all():  # type: ignore[attr-defined]
        code = verdict.check_code
        verdict.found = verdict_of(code, judged.applicable, judged.failed)
        verdict.verdict = verdicts.get(code) or verdict.found
        verdict.comment = comments.get(code, "" if code in verdicts else verdict.comment).strip()
        if verdict.verdict not in {PASS, FAIL, NA}:
            raise Invalid.field(code, _("Choose one of the answers."), "unknown")
        if len(verdict.comment) > 500:
            raise Invalid.field(code, _("At most 500 characters."), "too_long")
        verdict.fixed_at = None
        verdict.save(update_fields=["found", "verdict", "comment", "fixed_at"])
        if verdict.verdict == FAIL:
            said = [r.text for r in judged.reasons if r.code == code]
            failed[code] = verdict.comment or " ".join(said)
    row.looked_at = at
    row.fix_until = (fix_until or after_working_days(today, value_of("audit.fix_days"))) if failed else None
    row.task = _task_for(row, failed, session, at) if failed else row.task
    row.save(update_fields=["looked_at", "fix_until", "task"])
    session.position = row.position
    session.save(update_fields=["position"])
    fact = AuditDealConfirmed(
        audit=session.pk,
        failed=len(failed),
        codes=sorted(failed),
        fix_until=row.fix_until.isoformat() if row.fix_until else "",
    )
    record(fact, about=[("audit", session.pk), row.deal], by=by, at=at)
    return row


def _task_for(
    row: AuditedDeal, failed: Mapping[str, str], session: AuditSession, at: dt.datetime
) -> Task | None:
    """One task of the owner for all that fails; given by Takt, since an auditor changes no deal himself."""
    owner, deal = row.deal.owner, row.deal
    if not owner.is_active:
        return None
    assert row.fix_until is not None
    due_at = dt.datetime.combine(row.fix_until, DUE_BY, timezone.get_default_timezone())
    due_at = max(due_at, at)
    with override(owner.language or None):
        title = ngettext("Audit: put %(num)d point right", "Audit: put %(num)d points right", len(failed))
        lines = [
            f"{CHECKS[code].label}: {failed[code] or CHECKS[code].rule}" for code in CODES if code in failed
        ]
        new = NewTask(
            type="task",
            title=title % {"num": len(failed)},
            body="\n".join(lines),
            due_at=due_at,
            assignee=owner,
        )
    by = Actor(via=f"audit:{session.pk}")
    if row.task is not None and row.task.is_open and row.task.deleted_at is None:
        changes = {"title": new.title, "body": new.body, "due_at": due_at}
        return edit_task(row.task, changes, by=by, at=at)
    if deal.is_open:
        return create_task(new, deal=deal, by=by, at=at)
    if deal.company_id is not None and deal.company is not None and deal.company.deleted_at is None:
        return create_task(new, company=deal.company, by=by, at=at)
    return create_task(new, by=by, at=at)


@command
def finish_audit(audit: Any, *, by: Actor, at: dt.datetime) -> AuditSession:
    """End the walk; deals not looked at are left out of its report."""
    session = _mine(audit, by=by)
    rows = AuditVerdict.objects.filter(audited__session=session, audited__looked_at__isnull=False)
    said = list(rows.exclude(verdict=NA).values_list("verdict", flat=True))
    if not said:
        raise Refused(_("Look at one deal at least before you finish."), code="nothing_to_audit")
    session.finished_at = at
    session.save(update_fields=["finished_at"])
    record(
        AuditFinished(passed=said.count(PASS), applicable=len(said)),
        about=("audit", session.pk),
        by=by,
        at=at,
    )
    note_finished(session, at)
    return session
