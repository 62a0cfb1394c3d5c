"""New deals, by the full form or quickly in a column."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add
from takt.kernel.events.unit import command, record
from takt.kernel.fields.commands import bring_files
from takt.kernel.fields.values import read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Invalid
from takt.sales.activities.commands import NewTask
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.contacts import NewPerson, add_person, link_contact
from takt.sales.deals.commands.cycles import begin_cycle, starts_at_creation
from takt.sales.deals.commands.gates import note_forced, pass_gates, reason_given
from takt.sales.deals.commands.lines import NewLine, note_lines, total_of, write_lines
from takt.sales.deals.commands.rollup import count_in
from takt.sales.deals.commands.steps import NextTaskRequired, Snooze, plan_step, put_off, subjects_of
from takt.sales.deals.models import Deal, OwnerPeriod, StagePassage


@command
def create_deal(
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    pipeline: Any = None,
    stage: Any = None,
    owner: Any = None,
    company: Any = None,
    contacts: Sequence[Any] = (),
    amount: Any = None,
    currency: str | None = None,
    type: Any = None,
    contractor_cost: Any = None,
    expected_close_date: Any = None,
    source: Any = None,
    probability: Any = None,
    about: str = "",
    tags: Sequence[str] = (),
    lines: Sequence[NewLine] = (),
    new_company: str | None = None,
    new_person: NewPerson | None = None,
    first_task: NewTask | None = None,
    snooze: Snooze | None = None,
    is_quick: bool = False,
    custom: Mapping[str, Any] | None = None,
    force: bool = False,
    reason: str = "",
) -> Deal:
    """Start a deal in a stage, the pipeline's first unless one is given, with its next step.

    In a later stage it is judged by the gates of those before it, as a move there would be; a quick deal isn't. A
    quick deal gets the task "Contact", due today; otherwise `first_task` or `snooze` is needed. `custom` holds
    fields of one's own by slug; where it is None nobody was asked, and none is required.
    """
    demand_add(by, "deal")
    if stage is not None and pipeline is None:
        in_stage = lookups.stage_of(stage)
        in_pipeline = in_stage.pipeline
    else:
        in_pipeline = lookups.pipeline_of(pipeline)
        in_stage = lookups.stage_of(stage, in_pipeline)
    if owner in (None, "") and by.user is None:
        owner = in_pipeline.default_owner
    responsible = lookups.owner_of(owner, by=by)
    lookups.demand_within(responsible, by=by)
    checks = Checks()
    deal = Deal(
        name=checks.text("name", name, most=200, required=True),
        pipeline=in_pipeline,
        stage=in_stage,
        owner=responsible,
        amount=checks.amount("amount", amount),
        contractor_cost=checks.amount("contractor_cost", contractor_cost),
        expected_close_on=checks.day("expected_close_date", expected_close_date),
        probability=checks.percent("probability", probability),
        about=checks.text("about", about, most=20_000),
        tags=checks.tags("tags", tags),
        max_stage_position=in_stage.position,
        stage_entered_at=at,
        last_activity_at=at,
        is_quick=is_quick,
        created_at=at,
        created_by=by.user,
        updated_at=at,
    )
    deal.currency = _currency(currency, deal.amount, lines, is_quick, checks)
    own = read_values("deal", {}, custom, by=by, checks=checks, is_new=True)
    deal.custom = own.custom
    checks.finish()
    if first_task is None and snooze is None and not is_quick:
        raise NextTaskRequired
    deal.type, deal.source = lookups.type_of(type), lookups.source_of(source)
    deal.company = _company(company, new_company, responsible, deal, by=by, at=at)
    people = [lookups.contact_of(c, by=by) for c in contacts]
    if new_person is not None and new_person.name.strip():
        people.append(add_person(new_person, deal.company, responsible, by=by, at=at))
    if deal.source is None:
        deal.source = next(
            (s for s in [getattr(deal.company, "source", None), *(p.source for p in people)] if s), None
        )
    if starts_at_creation(in_pipeline, deal.source_id):
        deal.cycle_start_at = at
    elif in_pipeline.cycle_start_stage_id is not None:
        begin_cycle(deal, in_pipeline, {s.pk: s for s in in_pipeline.stages.all()}, at)
    deal.sort_key = sort_key(deal.name)
    deal.set_search(deal.name, deal.company.name if deal.company else "", *(p.name for p in people))
    deal.save(force_insert=True)
    bring_files(own, "deal", deal, by=by, at=at)
    _open_history(deal, by=by, at=at)
    fact = events.DealCreated(
        name=deal.name,
        stage=in_stage.pk,
        owner=responsible.pk,
        amount=None if deal.amount is None else str(deal.amount),
        currency=deal.currency,
    )
    record(fact, about=[*subjects_of(deal), *(("contact", p.pk) for p in people)], by=by, at=at)
    for position, person in enumerate(people):
        link_contact(deal, person, part="", position=position, by=by, at=at)
    if lines:
        rows, typed_amount = write_lines(deal, lines, by=by), deal.amount
        if typed_amount is None:
            deal.amount = total_of(rows)
            deal.save(update_fields=["amount"])
        note_lines(deal, rows, old_amount=typed_amount, by=by, at=at)
    count_in(deal)
    _first_step(deal, first_task, snooze, people, by=by, at=at)
    deal.refresh_from_db(fields=["next_task", "next_due_at"])
    _pass_earlier(deal, reason=reason, force=force, by=by, at=at)
    return deal


def _pass_earlier(deal: Deal, *, reason: str, force: bool, by: Actor, at: dt.datetime) -> None:
    """A deal that starts in a later stage passes the gates of those before it; a quick one owes what they ask."""
    if deal.is_quick or by.is_historic or deal.pipeline.gate_stamp is None:
        return
    stages = list(deal.pipeline.stages.all())
    first = min(s.position for s in stages)
    if first == deal.stage.position:
        return
    judged = {deal.pk: (deal, first)}
    passed = pass_gates(
        deal.pipeline,
        stages,
        judged,
        deal.stage.position,
        by=by,
        at=at,
        reason=reason_given(reason),
        force=force,
    )
    if deal.pk in passed:
        deal.missing = passed[deal.pk].missing
        note_forced(deal, passed[deal.pk], by=by, at=at)


def _currency(
    given: str | None, amount: Decimal | None, lines: Sequence[NewLine], is_quick: bool, checks: Checks
) -> str:
    if given:
        return checks.currency("currency", given)
    if amount is not None and not is_quick:
        checks.wrong("currency", _("An amount needs its currency."), "required")
    return str(settings.TAKT_CURRENCY)


def _company(
    given: Any, name: str | None, owner: Any, deal: Deal, *, by: Actor, at: dt.datetime
) -> Company | None:
    if given not in (None, ""):
        return lookups.company_of(given, by=by)
    if name and name.strip():
        from takt.sales.contacts.commands import create_company

        return create_company(name=name, owner=owner, source=deal.source, by=by, at=at)
    return None


def _open_history(deal: Deal, *, by: Actor, at: dt.datetime) -> None:
    StagePassage.objects.create(
        deal=deal,
        pipeline=deal.pipeline,
        stage=deal.stage,
        entered_at=at,
        entered_by=by.user,
        via=by.via[:20],
    )
    OwnerPeriod.objects.create(deal=deal, owner=deal.owner, from_at=at)


def _first_step(
    deal: Deal,
    first_task: NewTask | None,
    snooze: Snooze | None,
    people: Sequence[Contact],
    *,
    by: Actor,
    at: dt.datetime,
) -> None:
    if first_task is not None:
        plan_step(deal, first_task, by=by, at=at)
    elif snooze is not None:
        put_off(deal, snooze, by=by, at=at)
    else:
        zone = timezone.get_default_timezone()
        today = timezone.localdate(at, zone)
        evening = dt.datetime.combine(today, dt.time(18), tzinfo=zone)
        if evening <= at:  # still today, and not late the moment it is made
            evening = dt.datetime.combine(today, dt.time(23, 59), tzinfo=zone)
        contact = people[0] if people else None
        title = _("Contact %(name)s") % {"name": contact.name if contact else deal.name}
        new = NewTask(type="call", title=title[:200], due_at=max(evening, at), contact=contact)
        plan_step(deal, new, by=by, at=at)


def refuse_unless_known(fields: set[str], known: set[str]) -> None:
    """A field that a deal doesn't have is told, never dropped silently."""
    if unknown := sorted(fields - known):
        raise Invalid.field(
            unknown[0], _("There is no such field, or it can't be changed here."), "unknown_field"
        )
