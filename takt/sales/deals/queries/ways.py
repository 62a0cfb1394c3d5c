"""What a person sees of gates: the way of a deal to another stage, its checklist, and what it still owes."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from takt.kernel.access.reach import may, reach_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lib.standing import standing
from takt.sales.deals.models import CriterionTick, Deal, Stage
from takt.sales.deals.queries.gates import complete, gates_of, known_of, today_of
from takt.sales.deals.queries.special import unapproved
from takt.sales.deals.rules_gates import (
    ENFORCE,
    OFF,
    Gate,
    Missing,
    can_advance,
    effective,
    holds,
    lacks,
)


@dataclass(frozen=True)
class Way:
    """What a move would come to: what is missing, whether that holds it up, and what the person may do about it."""

    target: Stage
    is_forward: bool
    missing: list[Missing]
    is_closed: bool
    may_force: bool
    needs_reason: bool
    is_barred: bool

    def of(self, *fixes: str) -> list[Missing]:
        return [m for m in self.missing if m.fix in fixes]


def found_deal(pk: int, user: User | None) -> Deal:
    row = next(iter(_deal(pk, *reach_of(user, "deal"))), None)
    if row is None:
        raise NotFound
    return row


@standing
def _deal(pk: int, owners: frozenset[int] | None, shared: frozenset[int]) -> QuerySet[Deal]:
    rows: Any = Deal.objects.within_reach(owners, shared).filter(pk=pk)
    return rows.select_related("pipeline", "stage", "company", "owner")  # type: ignore[no-any-return]


def where_stood(pk: int, user: User | None) -> Deal:
    """The deal with what is read before a move: where it stands, and whose it is."""
    row = next(iter(_stood(pk, *reach_of(user, "deal"))), None)
    if row is None:
        raise NotFound
    return row


@standing
def _stood(pk: int, owners: frozenset[int] | None, shared: frozenset[int]) -> QuerySet[Deal]:
    rows: Any = Deal.objects.within_reach(owners, shared).filter(pk=pk)
    return rows.only(  # type: ignore[no-any-return]
        "stage_id", "owner_id", "stage_entered_at", "max_stage_position", "last_activity_at", "version"
    )


def way_of(deal: Deal, stage: str | int, user: User | None, at: dt.datetime) -> Way:
    """The way of a deal to a stage of its pipeline, looked at and not gone."""
    stages = list(deal.pipeline.stages.all())
    target = next((s for s in stages if str(s.pk) == str(stage)), None)
    if target is None:
        raise NotFound
    is_forward = target.position > deal.stage.position
    is_back = target.position < deal.stage.position
    mode = effective(deal.pipeline.gate_mode, deal.pipeline.gate_from, today_of(at))
    missing = []
    if is_forward and mode != OFF:
        missing = owed(deal, stages, deal.stage.position, target.position, at)
    is_strict = bool(missing) and mode == ENFORCE and not deal.is_quick
    waiting = list(unapproved(deal.pipeline, stages, [deal], target.position).values()) if is_forward else []
    is_manager = may(user, "pass_gates")
    return Way(
        target=target,
        is_forward=is_forward,
        missing=[*waiting, *missing],
        is_closed=is_strict or bool(waiting),
        may_force=is_manager,
        needs_reason=is_back and not is_manager,
        is_barred=is_back and not is_manager and not deal.pipeline.allow_back_own,
    )


def owed(deal: Deal, stages: Iterable[Stage], first: int, last: int, at: dt.datetime) -> list[Missing]:
    """What a deal lacks of what the stages from one position up to another ask for, whatever the mode."""
    if deal.pipeline.gate_stamp is None:
        return []
    gates = complete([g for g in gates_of(deal.pipeline, stages) if first <= g.position < last])
    if all(g.is_empty for g in gates):
        return []
    known = known_of([deal.pk], gates)[deal.pk]
    return can_advance(gates, first, last, known.facts, known.ticked, today_of(at))


@dataclass(frozen=True)
class Item:
    """A line of the checklist; `criterion` is set where a person confirms it."""

    text: str
    is_met: bool
    criterion: int | None = None
    by: str = ""
    on: dt.datetime | None = None
    fix: str = ""


@dataclass(frozen=True)
class Checklist:
    """What the deal's stage asks for before it goes on, and what earlier stages asked for and never got."""

    gate: Gate
    items: list[Item]
    debts: list[Missing]
    mode: str
    next_stage: Stage | None

    @property
    def met(self) -> int:
        return sum(i.is_met for i in self.items)


def checklist_of(deal: Deal, at: dt.datetime) -> Checklist:
    """The checklist of an open deal, in a constant number of queries."""
    stages = sorted(deal.pipeline.stages.all(), key=lambda s: s.position)
    today = today_of(at)
    gates = complete(gates_of(deal.pipeline, stages))
    here = next(g for g in gates if g.stage == deal.stage_id)
    before = [g for g in gates if g.position < here.position]
    items: list[Item] = []
    debts: list[Missing] = []
    if any(not g.is_empty for g in [*before, here]):
        known = known_of([deal.pk], gates)[deal.pk]
        facts = {"today": today, **known.facts}
        items = _items(here, facts, known.ticked, _ticks(deal, here), today)
        debts = can_advance(before, gates[0].position, here.position, facts, known.ticked, today)
        debts = [d for d in debts if d.field != "next_task"]
    after = next((s for s in stages if s.position > here.position), None)
    mode = effective(deal.pipeline.gate_mode, deal.pipeline.gate_from, today)
    return Checklist(here, items, debts, mode, after)


def _ticks(deal: Deal, gate: Gate) -> Mapping[int, CriterionTick]:
    wanted = [c.pk for c in gate.criteria if c.is_manual]
    if not wanted:
        return {}
    rows = CriterionTick.objects.filter(deal=deal, criterion__in=wanted).select_related("ticked_by")
    return {t.criterion_id: t for t in rows}


def _items(
    gate: Gate,
    facts: Mapping[str, Any],
    ticked: frozenset[int],
    ticks: Mapping[int, CriterionTick],
    today: dt.date,
) -> list[Item]:
    items = []
    for criterion in gate.criteria:
        is_met = holds(criterion, facts, ticked)
        if criterion.is_manual:
            tick = ticks.get(criterion.pk)
            name = tick.ticked_by.name if tick is not None and tick.ticked_by is not None else ""
            when = tick.ticked_at if tick is not None else None
            items.append(Item(criterion.text, is_met, criterion.pk, name, when))
        else:
            items.append(Item(criterion.sentence, is_met))
    return items + [Item(r.name, lacks(r, facts, today) is None, fix="field") for r in gate.fields]


def asked_in_words(pipeline: Any, stages: Iterable[Stage]) -> dict[int, list[str]]:
    """What each stage asks for, in a line each, from memory alone: one's own fields are left to the deal's page."""
    return {
        g.stage: [c.sentence for c in g.criteria] + [r.name for r in g.fields if not r.is_own]
        for g in gates_of(pipeline, stages)
    }
