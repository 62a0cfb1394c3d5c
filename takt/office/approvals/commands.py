"""Asking for an approval, and deciding on it. Any of those who were asked decides."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import may
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, NotFound, Refused, Stale
from takt.office.approvals import events
from takt.office.approvals.models import Approval, Approver
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.queries.special import approvals_of, approvers_of, names_of

SPECIAL_DEAL = "special_deal"
State = Approval.State


@command
def request_approval(deal: Any, *, comment: str = "", by: Actor, at: dt.datetime) -> Approval:
    """Ask for the approval of a special opportunity. One request waits at a time; it covers the reasons of that moment."""
    row = Deal.objects.locked(deal, by=by)
    checks = Checks()
    comment = checks.text("comment", comment, most=2000)
    checks.finish()
    if not row.is_open:
        raise Refused(_("This deal is closed."), code="already_closed")
    if not row.special:
        raise Refused(_("This deal is no special opportunity."), code="not_special")
    if row.pipeline.approval_stage_id is None or by.user is None:
        raise Refused(_("Deals of this pipeline need no approval."), code="not_needed")
    known = approvals_of([row.pk]).get(row.pk)
    if known is not None and (known.state == State.PENDING or known.covers(row.special)):
        sentence = (
            _("It is approved already.") if known.state == State.APPROVED else _("It was asked for already.")
        )
        raise Refused(sentence, code="already_requested")
    people = approvers_of(row, besides=by.user.pk)
    reasons = names_of(row.special)
    stage = Stage.objects.get(pk=row.pipeline.approval_stage_id)
    made = Approval.objects.create(
        kind="deal",
        object_id=row.pk,
        topic=SPECIAL_DEAL,
        about={
            "reasons": row.special,
            "names": reasons,
            "stage": stage.pk,
            "stage_name": stage.name,
            "amount": None if row.amount is None else str(row.amount),
            "currency": row.currency,
        },
        comment=comment,
        requested_by=by.user,
        requested_at=at,
    )
    Approver.objects.bulk_create(Approver(approval=made, user=person) for person in people)
    fact = events.ApprovalRequested(
        approval=made.pk,
        topic=made.topic,
        reasons=", ".join(reasons),
        approvers=", ".join(p.name for p in people),
        people=[p.pk for p in people],
        comment=comment,
    )
    record(fact, about=_subjects(row), by=by, at=at)
    return made


@command
def approve(
    approval: Any, *, comment: str = "", by: Actor, at: dt.datetime, version: int | None = None
) -> Approval:
    """Say yes: the deal may go to the stage of approval and beyond."""
    row, deal = _to_decide(approval, by=by, version=version)
    _decide(row, State.APPROVED, comment, by=by, at=at)
    fact = events.ApprovalGiven(
        approval=row.pk,
        topic=row.topic,
        reasons=", ".join(row.about["names"]),
        requested_by=row.requested_by_id,
        comment=row.answer,
    )
    record(fact, about=_subjects(deal), by=by, at=at)
    return row


@command
def reject(
    approval: Any, *, comment: str, by: Actor, at: dt.datetime, version: int | None = None
) -> Approval:
    """Say no, and why. It may be asked for again."""
    row, deal = _to_decide(approval, by=by, version=version)
    _decide(row, State.REJECTED, comment, by=by, at=at, needs_comment=True)
    fact = events.ApprovalRefused(
        approval=row.pk, topic=row.topic, requested_by=row.requested_by_id, comment=row.answer
    )
    record(fact, about=_subjects(deal), by=by, at=at)
    return row


@command
def withdraw(approval: Any, *, by: Actor, at: dt.datetime) -> Approval:
    """Take a request back before it is decided: whoever asked, or who may pass gates and edit the deal."""
    row = _locked(approval, by=None)
    deal = Deal.objects.alive().filter(pk=row.object_id).first()
    is_own = by.user is not None and by.user.pk == row.requested_by_id
    if not is_own:
        if not Deal.objects.visible_to(by.user).filter(pk=row.object_id).exists():
            raise NotFound
        Deal.objects.locked(row.object_id, by=by)
        if not may(by, "pass_gates"):
            raise Forbidden
    if deal is None:
        raise NotFound
    _must_wait(row)
    row.state, row.decided_by, row.decided_at = State.WITHDRAWN, by.user, at
    row.version += 1
    row.save(update_fields=["state", "decided_by", "decided_at", "version"])
    record(events.ApprovalWithdrawn(approval=row.pk, topic=row.topic), about=_subjects(deal), by=by, at=at)
    return row


def forget_approvals(deals: list[int]) -> None:
    """Deals that are removed for good take their requests along; the events stay."""
    Approval.objects.filter(kind="deal", object_id__in=deals).delete()


def may_decide(row: Approval, user: Any) -> bool:
    """Whoever was asked; an administrator too, but not on what he asks for himself."""
    if any(a.user_id == user.pk for a in row.approvers.all()):  # type: ignore[attr-defined]
        return True
    return may(user, "administer") and row.requested_by_id != user.pk


def _locked(approval: Any, *, by: Actor | None) -> Approval:
    pk = getattr(approval, "pk", approval)
    text = str(pk)
    rows = Approval.objects.select_for_update(of=("self",))
    if by is not None:
        rows = rows.visible_to(by.user)
    row = rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
    if row is None:
        raise NotFound
    return row


def _must_wait(row: Approval) -> None:
    if not row.is_pending:
        raise Refused(_("This request is decided already."), code="already_decided")


def _to_decide(approval: Any, *, by: Actor, version: int | None) -> tuple[Approval, Deal]:
    """The request and its deal. Whoever is asked decides on a deal that he may not see otherwise, too."""
    row = _locked(approval, by=by)
    if by.user is None or not may_decide(row, by.user):
        raise Forbidden
    if version is not None and version != row.version:
        raise Stale
    _must_wait(row)
    deal = Deal.objects.alive().filter(pk=row.object_id).first()
    if deal is None:
        raise NotFound
    if not deal.is_open:
        raise Refused(_("This deal is closed."), code="already_closed")
    return row, deal


def _decide(
    row: Approval, state: str, comment: str, *, by: Actor, at: dt.datetime, needs_comment: bool = False
) -> None:
    checks = Checks()
    row.answer = checks.text("comment", comment, most=2000, required=needs_comment)
    checks.finish()
    row.state, row.decided_by, row.decided_at = state, by.user, at
    row.version += 1
    row.save(update_fields=["state", "decided_by", "decided_at", "answer", "version"])


def _subjects(deal: Deal) -> list[tuple[str, int] | None]:
    return [("deal", deal.pk), ("company", deal.company_id) if deal.company_id else None]
