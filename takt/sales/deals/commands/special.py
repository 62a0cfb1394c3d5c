"""Special opportunities: their mark on a deal, the reasons for it, and from which stage on they need an approval."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, may, touched
from takt.kernel.accounts.models import Role, User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands import choices, lookups
from takt.sales.deals.commands.moving import stages_of
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, Pipeline, SpecialKind
from takt.sales.deals.queries.special import approvals_of, names_of

MOST_APPROVERS = 20


def _ids(given: Iterable[Any]) -> set[int]:
    found = set()
    for one in given:
        text = str(getattr(one, "pk", one))
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Invalid.field("special", _("There is no such reason."), "unknown")
        found.add(int(text))
    return found


@inverse("deals.set_special")
@command
def set_special(
    deal: Any, reasons: Iterable[Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Deal:
    """Say why a deal is a special opportunity; without a reason it is an ordinary one.

    Once its approval has been asked for, only who may pass gates takes a reason off: else nobody would need to wait.
    """
    row = Deal.objects.locked(deal, by=by, version=version)
    wanted, before = _ids(reasons), set(row.special)
    known = set(
        SpecialKind.objects.filter(pk__in=wanted - before, is_active=True).values_list("pk", flat=True)
    )
    if wanted - before - known:
        raise Invalid.field("special", _("There is no such reason."), "unknown")
    if wanted == before:
        return row
    if before - wanted and not may(by, "pass_gates") and row.pk in approvals_of([row.pk]):
        raise Forbidden(_("Its approval has been asked for: only a manager takes a reason off now."))
    row.special = sorted(wanted)
    row.last_activity_at = max(row.last_activity_at, at)
    touched(row, at)
    row.save(update_fields=["special", "last_activity_at", "version", "updated_at"])
    fact: Any = (
        events.DealSpecialSet(reasons=", ".join(names_of(wanted))) if wanted else events.DealSpecialEnded()
    )
    record(fact, about=subjects_of(row), by=by, at=at)
    return row


@command
def add_special_kind(*, name: str, by: Actor, at: dt.datetime) -> SpecialKind:
    """One more reason why an opportunity may be special."""
    demand(by, "edit_pipelines")
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    checks.finish()
    choices.demand_name_free(SpecialKind, name)
    row = SpecialKind.objects.create(name=name, position=choices.last_place(SpecialKind) + 1)
    record(events.SpecialKindAdded(name=name), about=("special_kind", row.pk), by=by, at=at)
    return row


@inverse("deals.edit_special_kind")
@command
def edit_special_kind(
    kind: int, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> SpecialKind:
    """Rename a reason, or stop offering it; deals that have it keep it."""
    demand(by, "edit_pipelines")
    row: SpecialKind = choices.locked(SpecialKind, kind, "special_kind", version)
    noted = choices.take(row, changes, most=80)
    if noted:
        fact = events.SpecialKindEdited(name=row.name, changes=noted)
        record(fact, about=("special_kind", row.pk), by=by, at=at)
    return row


@command
def place_special_kind(kind: int, place: int, *, by: Actor, at: dt.datetime) -> SpecialKind:
    """Give a reason its place among those offered, counted from 0."""
    demand(by, "edit_pipelines")
    row: SpecialKind = choices.locked(SpecialKind, kind, "special_kind")
    noted = choices.place_among(row, place)
    if noted:
        fact = events.SpecialKindEdited(name=row.name, changes=noted)
        record(fact, about=("special_kind", row.pk), by=by, at=at)
    return row


@inverse("deals.set_approval_rule")
@command
def set_approval_rule(
    pipeline: Any,
    stage: Any,
    approvers: Mapping[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Pipeline:
    """Say from which stage on a special opportunity needs an approval, and whose; without a stage it needs none.

    `approvers` is {"kind": "lead"}, {"kind": "role", "role": …} or {"kind": "people", "people": [ids]}.
    """
    demand(by, "edit_pipelines")
    row = Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)
    if version is not None and version != row.version:
        raise Stale
    first = lookups.stage_among(stages_of(row.pk), stage) if stage else None
    rule = _rule(approvers) if first is not None else {}
    if (row.approval_stage_id, row.approval_by) == (first.pk if first else None, rule):
        return row
    row.approval_stage, row.approval_by = first, rule
    row.version += 1
    row.save(update_fields=["approval_stage", "approval_by", "version"])
    if first is None:
        record(events.ApprovalRuleEnded(name=row.name), about=row, by=by, at=at)
    else:
        fact = events.ApprovalRuleSet(name=row.name, stage=first.pk, stage_name=first.name, approvers=rule)
        record(fact, about=row, by=by, at=at)
    return row


def _rule(given: Mapping[str, Any]) -> dict[str, Any]:
    kind = given.get("kind")
    if kind == "lead":
        return {"kind": "lead"}
    if kind == "role":
        if given.get("role") not in Role.values:
            raise Invalid.field("role", _("Choose a role."), "unknown")
        return {"kind": "role", "role": given["role"]}
    if kind == "people":
        people = _people(given.get("people") or [])
        return {"kind": "people", "people": people}
    raise Invalid.field("kind", _("Choose who approves."), "unknown")


def _people(given: Iterable[Any]) -> list[int]:
    wanted = {int(p) for p in map(str, given) if p.isascii() and p.isdigit() and len(p) < 19}
    found = sorted(User.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    if not found or len(found) < len(wanted):
        raise Invalid.field("people", _("Choose active colleagues."), "unknown")
    if len(found) > MOST_APPROVERS:
        sentence = _("Name at most %(most)d people.") % {"most": MOST_APPROVERS}
        raise Invalid.field("people", sentence, "too_many")
    return found
