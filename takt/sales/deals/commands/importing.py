"""Deals and tasks brought in from elsewhere with their true past: bulk SQL, one event per fact."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.kernel.money.rates import Rates
from takt.sales.activities import events as task_events
from takt.sales.deals import events
from takt.sales.deals.commands.qualifying import link_competitors
from takt.sales.deals.commands.rollup import Counted, count_in
from takt.sales.deals.commands.steps import refresh_next_steps
from takt.sales.deals.models import Deal, LossReason, Stage


@dataclass(frozen=True)
class Stay:
    """A stay in a stage, as known from the source."""

    stage: int
    entered_at: dt.datetime
    left_at: dt.datetime | None = None
    exit: str = ""


@dataclass(frozen=True)
class SoldLine:
    """A product sold in a deal, as the source says; discount and tax are in percent, the money off in its place."""

    product: int
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    tax_rate: Decimal | None = None
    is_tax_included: bool = True


@dataclass
class DealRow:
    """One deal to be brought in; ids are resolved already, times are aware."""

    name: str
    pipeline: int
    stage: int
    owner: int
    currency: str
    created_at: dt.datetime
    status: str = "open"
    import_key: str | None = None
    company: int | None = None
    company_name: str = ""
    type: int | None = None
    source: int | None = None
    amount: Decimal | None = None
    is_estimated: bool = False
    probability: int | None = None
    expected_close_on: dt.date | None = None
    cycle_start_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    precision: str = "time"
    loss_reason: int | None = None
    loss_comment: str = ""
    competitor: str = ""
    about: str = ""
    tags: list[str] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    contact_names: list[str] = field(default_factory=list)
    lines: list[SoldLine] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    last_activity_at: dt.datetime | None = None
    snoozed_until: dt.date | None = None
    snooze_reason: str = ""
    custom: dict[str, Any] = field(default_factory=dict)
    actor: Any = None  # the user who did all this; none: whoever imports


@dataclass
class TaskRow:
    """One task to be brought in; a done one has its time."""

    type: int
    type_slug: str
    title: str
    due_at: dt.datetime
    assignee: int
    created_at: dt.datetime
    status: str = "open"
    done_at: dt.datetime | None = None
    deal: int | None = None
    company: int | None = None
    contact: int | None = None
    body: str = ""
    result: str = ""
    outcome: str = ""
    minutes: int | None = None
    import_key: str | None = None
    actor: Any = None


_DEAL_COLUMNS = [
    "id", "name", "sort_key", "search", "search_grams", "pipeline_id", "stage_id", "status", "owner_id",
    "company_id", "type_id", "source_id", "amount", "currency", "amount_is_estimated", "rate", "rate_on",
    "amount_base", "probability", "expected_close_on", "stage_entered_at", "max_stage_position",
    "last_activity_at", "cycle_start_at", "closed_at", "precision", "loss_reason_id", "loss_comment",
    "competitor", "closing_comment", "snoozed_until", "snooze_reason", "about", "tags", "import_key",
    "created_at", "created_by_id", "updated_at", "version", "custom",
]  # fmt: skip


@command
def import_deals(
    rows: Sequence[DealRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> list[int]:
    """Write deals with their true dates and history; answers their keys in the rows' order.

    Nothing is refused for lack of a next step: such deals stand in that list from now on.
    """
    if not rows:
        return []
    batch = batch or uuid.uuid4()
    ids = next_ids("deal", len(rows))
    positions = dict(Stage.objects.values_list("pk", "position"))
    rates = Rates()
    frozen = [_frozen(r, rates) for r in rows]
    copy_rows(
        "deal",
        _DEAL_COLUMNS,
        (_deal_values(pk, r, f, positions, by, at) for pk, r, f in zip(ids, rows, frozen, strict=True)),
    )
    pairs = list(zip(ids, rows, strict=True))
    via = by.via[:20]
    copy_rows(
        "stage_passage",
        ["deal_id", "pipeline_id", "stage_id", "entered_at", "left_at", "exit", "entered_by_id", "via"],
        (
            (pk, r.pipeline, s.stage, s.entered_at, s.left_at, s.exit, by.user_id, via)
            for pk, r in pairs
            for s in stays_of(r)
        ),
    )
    copy_rows(
        "owner_period", ["deal_id", "owner_id", "from_at"], ((pk, r.owner, r.created_at) for pk, r in pairs)
    )
    copy_rows(
        "deal_line",
        [
            "deal_id", "product_id", "quantity", "price", "discount", "discount_amount", "tax_rate",
            "price_includes_tax", "position",
        ],
        (
            (pk, n.product, n.quantity, n.price, n.discount, n.discount_amount, n.tax_rate, n.is_tax_included, i)
            for pk, r in pairs
            for i, n in enumerate(r.lines)
        ),
    )  # fmt: skip
    copy_rows(
        "deal_contact",
        ["deal_id", "contact_id", "part", "position"],
        ((pk, c, "", i) for pk, r in pairs for i, c in enumerate(r.contacts)),
    )
    link_competitors((pk, r.competitor) for pk, r in pairs)
    _record_past(pairs, by=by, batch=batch)
    for r, (rate, _on, base) in zip(rows, frozen, strict=True):
        counted = Counted(
            r.pipeline, r.stage, r.owner, r.status, r.currency, r.amount, r.probability, base, rate
        )
        count_in(counted)
    return ids


def stays_of(row: DealRow) -> list[Stay]:
    """The passages of a deal; where the source tells none, one from its creation to its end."""
    if row.stays:
        return row.stays
    began = row.cycle_start_at or row.created_at
    if row.status == "open" or row.closed_at is None:
        return [Stay(row.stage, began)]
    return [Stay(row.stage, min(began, row.closed_at), row.closed_at, row.status)]


type Frozen = tuple[Decimal | None, dt.date | None, Decimal | None]


def _frozen(r: DealRow, rates: Rates) -> Frozen:
    """Of a closed deal: the exchange rate of its day, that day, and the amount by it."""
    if r.closed_at is None:
        return None, None, None
    day = timezone.localdate(r.closed_at, timezone.get_default_timezone())
    on = rates.on(day)
    return on.rate(r.currency), day, None if r.amount is None else on.convert(r.amount, r.currency)


def _deal_values(
    pk: int, r: DealRow, frozen: Frozen, positions: dict[int, int], by: Actor, at: dt.datetime
) -> list[object]:
    search = search_text(r.name, r.company_name, *r.contact_names)
    rate, closed_on, base = frozen
    stays = stays_of(r)
    last = r.last_activity_at or r.closed_at or stays[-1].entered_at
    return [
        pk, r.name, sort_key(r.name), search, grams(search), r.pipeline, r.stage, r.status, r.owner,
        r.company, r.type, r.source, r.amount, r.currency, r.is_estimated, rate, closed_on,
        base, r.probability, r.expected_close_on, stays[-1].entered_at,
        max(positions[s.stage] for s in stays), last, r.cycle_start_at, r.closed_at, r.precision,
        r.loss_reason, r.loss_comment, r.competitor, "", r.snoozed_until, r.snooze_reason, r.about, r.tags,
        r.import_key, r.created_at, by.user_id, at, 1, json.dumps(r.custom),
    ]  # fmt: skip


def _record_past(pairs: list[tuple[int, DealRow]], *, by: Actor, batch: uuid.UUID) -> None:
    """The facts of each deal's past, at their own times."""
    names = dict(Stage.objects.values_list("pk", "name"))
    positions = dict(Stage.objects.values_list("pk", "position"))
    reasons = dict(LossReason.objects.values_list("pk", "name"))
    importer = by
    for pk, r in pairs:
        by = replace(importer, user=r.actor) if r.actor is not None else importer
        subjects: list[tuple[str, int] | None] = [("deal", pk), ("company", r.company) if r.company else None]
        amount = None if r.amount is None else str(r.amount)
        stays = [s for s in stays_of(r) if s.exit != "skipped_over"]
        created = events.DealCreated(
            name=r.name, stage=stays[0].stage, owner=r.owner, amount=amount, currency=r.currency
        )
        record(
            created,
            about=[*subjects, *(("contact", c) for c in r.contacts)],
            by=by,
            at=r.created_at,
            batch=batch,
        )
        for old, new in zip(stays, stays[1:], strict=False):
            moved = events.DealMoved(
                old=old.stage, new=new.stage, old_name=names[old.stage], new_name=names[new.stage],
                is_forward=positions[new.stage] > positions[old.stage],
            )  # fmt: skip
            record(moved, about=subjects, by=by, at=new.entered_at, batch=batch)
        if r.status == "won" and r.closed_at is not None:
            won = events.DealWon(amount=str(r.amount), currency=r.currency, stage=r.stage)
            record(won, about=subjects, by=by, at=r.closed_at, batch=batch)
        elif r.status == "lost" and r.closed_at is not None and r.loss_reason is not None:
            lost = events.DealLost(
                reason=r.loss_reason, reason_name=reasons[r.loss_reason], comment=r.loss_comment,
                competitor=r.competitor, amount=amount, currency=r.currency, stage=r.stage,
            )  # fmt: skip
            record(lost, about=subjects, by=by, at=r.closed_at, batch=batch)


@command
def import_tasks(
    rows: Sequence[TaskRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> list[int]:
    """Write tasks, open and done; the next step of each deal follows."""
    if not rows:
        return []
    batch = batch or uuid.uuid4()
    ids = next_ids("task", len(rows))
    found = Deal.objects.filter(pk__in={r.deal for r in rows}).values_list("pk", "owner_id")
    owners: dict[int | None, int] = dict(found)
    copy_rows(
        "task",
        [
            "id", "type_id", "title", "body", "due_at", "is_all_day", "minutes", "assignee_id", "status", "deal_id",
            "company_id", "contact_id", "result", "outcome", "done_at", "done_by_id", "cancel_reason", "reschedules",
            "via", "import_key", "created_at", "created_by_id", "updated_at", "version", "deal_owner_id",
        ],
        (
            (
                pk, r.type, r.title, r.body, r.due_at, False, r.minutes, r.assignee, r.status, r.deal,
                r.company, r.contact, r.result, r.outcome, r.done_at, r.assignee if r.done_at else None, "", 0,
                by.via[:20], r.import_key, r.created_at, by.user_id, at, 1, owners.get(r.deal),
            )
            for pk, r in zip(ids, rows, strict=True)
        ),
    )  # fmt: skip
    importer = by
    for pk, r in zip(ids, rows, strict=True):
        by = replace(importer, user=r.actor) if r.actor is not None else importer
        about = [
            ("task", pk),
            *((k, v) for k, v in (("deal", r.deal), ("company", r.company), ("contact", r.contact)) if v),
        ]
        created = task_events.TaskCreated(
            type=r.type_slug, title=r.title, due_at=r.due_at.isoformat(), assignee=r.assignee
        )
        record(created, about=about, by=by, at=r.created_at, batch=batch)
        if r.status == "done" and r.done_at is not None:
            done = task_events.TaskCompleted(
                type=r.type_slug, title=r.title, outcome=r.outcome, result=r.result,
                is_on_time=r.done_at <= r.due_at, minutes=r.minutes,
            )  # fmt: skip
            record(done, about=about, by=by, at=r.done_at, batch=batch)
    refresh_next_steps(r.deal for r in rows if r.deal is not None)
    return ids
