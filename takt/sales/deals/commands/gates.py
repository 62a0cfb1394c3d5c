"""Stage gates: what a stage asks for, how strictly, and who may pass all the same (domain spec 2.2, Decided 6)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.access.reach import demand, may
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Problem, Refused
from takt.sales.deals import events
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import CriterionTick, Deal, Pipeline, Stage, StageCriterion
from takt.sales.deals.queries.gates import complete, gates_of, known_of, today_of
from takt.sales.deals.queries.special import unapproved
from takt.sales.deals.rules_gates import ENFORCE, OFF, Missing, can_advance, effective

LONGEST_REASON = 500
MOST_TICKS = 50_000  # confirmations that are kept for the way back
_TOLD = 20  # deals named in one refusal


class GateClosed(Refused):
    """Something is missing for the move; `errors` names all of it at once."""

    code = "stage_gate"

    def __init__(self, errors: Sequence[Problem]) -> None:
        super().__init__(_("Before the deal goes on, something is missing."), errors=errors)


class ApprovalRequired(GateClosed):
    """A special opportunity comes to the stage from which on it needs an approval."""

    code = "approval_required"


class ReasonRequired(Refused):
    code = "reason_required"

    def __init__(self) -> None:
        sentence = _("Say why the deal goes back.")
        super().__init__(sentence, errors=[Problem("reason", "required", sentence)])


@dataclass(frozen=True)
class Passed:
    """What a deal goes on without, and whether its gate was forced for it."""

    missing: tuple[Missing, ...] = ()
    forced_reason: str = ""

    def left(self, stage: int) -> dict[str, Any]:
        """What the passage through one stage keeps of it."""
        mine = [m.stored() for m in self.missing if m.stage == stage]
        return {"checklist_snapshot": mine or None, "forced_reason": self.forced_reason if mine else ""}


NOTHING = Passed()


def reason_given(reason: str) -> str:
    checks = Checks()
    reason = checks.text("reason", reason, most=LONGEST_REASON)
    checks.finish()
    return reason


def pass_gates(
    pipeline: Pipeline,
    stages: Iterable[Stage],
    deals: Mapping[int, tuple[Deal, int]],
    target: int,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str = "",
    force: bool = False,
) -> dict[int, Passed]:
    """Judge deals, each from its position, on their way forward to one position; answers what each misses.

    Refused with everything that is missing where the gates are enforced, unless somebody who may forces them and says
    why. A quick deal isn't held up, and neither is an import; a special one waits for its approval in any case.
    """
    stages = list(stages)
    found = missing_for(pipeline, stages, {pk: place for pk, (_deal, place) in deals.items()}, target, at=at)
    waiting = unapproved(pipeline, stages, (deal for deal, _place in deals.values()), target)
    found = with_approvals(found, waiting)
    if not found:
        return {}
    mode = effective(pipeline.gate_mode, pipeline.gate_from, today_of(at))
    strict = {pk for pk in found if mode == ENFORCE and not deals[pk][0].is_quick}
    held = [] if by.is_historic else [pk for pk in found if pk in strict or pk in waiting]
    if held and not force:
        told = {pk: found[pk] if pk in strict else [waiting[pk]] for pk in held}
        refusal = GateClosed if strict else ApprovalRequired
        raise refusal(_problems(told, {pk: deals[pk][0].name for pk in held}))
    if held:
        demand(by, "pass_gates")
        if not reason:
            raise Invalid.field("reason", _("Say why the deal goes on all the same."), "required")
    return {pk: Passed(tuple(missing), reason if pk in held else "") for pk, missing in found.items()}


def with_approvals(
    found: Mapping[int, list[Missing]], waiting: Mapping[int, Missing]
) -> dict[int, list[Missing]]:
    """What gates miss, and the approvals that deals still need, which come first."""
    first = {pk: [missing, *found.get(pk, ())] for pk, missing in waiting.items()}
    return {**found, **first}


def missing_for(
    pipeline: Pipeline, stages: Iterable[Stage], places: Mapping[int, int], target: int, *, at: dt.datetime
) -> dict[int, list[Missing]]:
    """What deals, each at its position, miss to go on to another one; nothing where the gates are off."""
    today = today_of(at)
    if (
        pipeline.gate_stamp is None
        or not places
        or effective(pipeline.gate_mode, pipeline.gate_from, today) == OFF
    ):
        return {}
    first = min(places.values())
    gates = [g for g in gates_of(pipeline, stages) if first <= g.position < target]
    if all(g.is_empty for g in gates):
        return {}
    gates = complete(gates)
    known = known_of(places.keys(), gates)
    judged = {
        pk: can_advance(gates, place, target, known[pk].facts, known[pk].ticked, today)
        for pk, place in places.items()
        if pk in known
    }
    return {pk: missing for pk, missing in judged.items() if missing}


def _problems(found: Mapping[int, Sequence[Missing]], names: Mapping[int, str]) -> list[Problem]:
    """Every missing item; of many deals the name goes before it."""
    if len(found) == 1:
        return [Problem(m.field, m.code, m.text) for missing in found.values() for m in missing]
    told = list(found)[:_TOLD]
    problems = [Problem(m.field, m.code, f"{names[pk]}: {m.text}") for pk in told for m in found[pk]]
    if rest := len(found) - len(told):
        words = ngettext("%(num)d more deal misses something.", "%(num)d more deals miss something.", rest)
        problems.append(Problem("ids", "more", words % {"num": rest}))
    return problems


def note_forced(deal: Deal, passed: Passed, *, by: Actor, at: dt.datetime, batch: Any = None) -> None:
    """The timeline tells of a gate that was forced."""
    if passed.forced_reason:
        missing = " ".join(m.text for m in passed.missing)
        fact = events.DealGateForced(missing=missing, reason=passed.forced_reason)
        record(fact, about=subjects_of(deal), by=by, at=at, batch=batch)


def demand_way_back(pipeline: Pipeline, *, by: Actor, reason: str) -> None:
    """A manager moves a deal back as he likes; its owner where the pipeline lets him, and with a reason (P9)."""
    if by.is_historic or may(by, "pass_gates"):
        return
    if not pipeline.allow_back_own:
        raise Forbidden(_("In this pipeline only a manager moves a deal back."))
    if not reason:
        raise ReasonRequired


def note_back(deal: Deal, reason: str, *, by: Actor, at: dt.datetime, batch: Any = None) -> None:
    if reason:
        record(events.DealBackExplained(reason=reason), about=subjects_of(deal), by=by, at=at, batch=batch)


@command
def tick_criterion(
    deal: Any, criterion: Any, is_met: bool = True, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Deal:
    """Confirm, or take back, that a criterion of the deal's pipeline is met; who and when is kept."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    tick_all(deal, {_id_of(criterion): is_met}, by=by, at=at)
    return deal


def _id_of(given: Any) -> int:
    found = getattr(given, "pk", given)
    text = str(found)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)


def tick_all(deal: Deal, wanted: Mapping[int, bool], *, by: Actor, at: dt.datetime) -> None:
    """Several criteria of a locked deal at once."""
    mine = StageCriterion.objects.filter(stage__pipeline=deal.pipeline_id, check_name="")
    rows = {c.pk: c for c in mine.filter(pk__in=list(wanted))}
    if len(rows) < len(wanted):
        raise NotFound
    standing = set(
        CriterionTick.objects.filter(deal=deal, criterion__in=rows).values_list("criterion", flat=True)
    )
    changed = {pk: is_met for pk, is_met in wanted.items() if is_met != (pk in standing)}
    if not changed:
        return
    CriterionTick.objects.bulk_create(
        CriterionTick(deal=deal, criterion_id=pk, ticked_by=by.user, ticked_at=at)
        for pk, is_met in changed.items()
        if is_met
    )
    CriterionTick.objects.filter(deal=deal, criterion__in=[pk for pk, m in changed.items() if not m]).delete()
    for pk, is_met in changed.items():
        fact: Any = events.CriterionConfirmed if is_met else events.CriterionUnconfirmed
        record(fact(criterion=pk, text=rows[pk].text), about=subjects_of(deal), by=by, at=at)
    # What is confirmed is no field of the deal: whoever has it open may go on saving it.
    deal.last_activity_at = max(deal.last_activity_at, at)
    deal.save(update_fields=["last_activity_at"])
