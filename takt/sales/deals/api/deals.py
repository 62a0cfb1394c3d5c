"""Deals for programs; every act is the command that the pages call."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lists.answers import api_list, check_if_match, custom_of, with_etag
from takt.sales.deals import commands
from takt.sales.deals.api.tasks import NextTaskIn
from takt.sales.deals.commands import NewLine, NewPerson, Snooze
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import Deal, DealLine
from takt.sales.deals.queries.qualification import qualification_json
from takt.sales.deals.rules_gates import Missing

router = Router(tags=["deals"])
LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Ref = Id | str
Money = str | int | float | None
_FIELDS = (
    "id", "name", "pipeline_id", "stage_id", "status", "owner_id", "seen_company_id", "contact_list", "amount",
    "currency", "type_id", "source_id", "expected_close_on", "probability", "next_task_id", "next_due_at",
    "stage_entered_at", "about", "tags", "loss_reason__slug", "loss_comment", "competitor", "snoozed_until",
    "last_activity_at", "created_at", "updated_at", "closed_at", "version", "custom",
    "try_again_on", "offer", "offer_until", "seen_parent_id",
)  # fmt: skip


class DealOut(Schema):
    id: int
    name: str
    pipeline: int
    stage: int
    status: str
    owner: int
    company: int | None
    contacts: list[int]
    amount: str | None = Field(description="Decimal as a string")
    currency: str
    type: int | None
    source: int | None
    expected_close_date: dt.date | None
    probability: int | None = Field(description="Empty where the stage's own holds")
    next_task: int | None
    next_due_at: dt.datetime | None
    stage_entered_at: dt.datetime
    about: str
    tags: list[str]
    loss_reason: str | None
    loss_comment: str
    competitor: str
    snoozed_until: dt.date | None
    try_again_on: dt.date | None = Field(description="Of a lost deal: the day to come back to it")
    offer: str
    offer_until: dt.date | None
    parent: int | None = Field(description="The deal that this one follows")
    last_activity_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    version: int
    custom: dict[str, Any] = Field({}, description="Fields of one's own by slug; empty ones are left out")


class MissingOut(Schema):
    """One thing that a gate misses."""

    stage: int
    field: str
    code: str
    message: str


class MovedOut(DealOut):
    """A deal after a move, and what it went on without."""

    missing: list[MissingOut] = []


class QualificationOut(Schema):
    """BANT and MEDDIC: 0 unknown, 1 partial, 2 confirmed."""

    need: int
    budget: int
    authority: int
    timing: int
    bant: int = Field(description="0 to 8")
    is_qualified: bool = Field(description="BANT of 5 or more, and the need confirmed")
    metrics: int
    economic_buyer: int
    decision_criteria: int
    decision_process: int
    identified_pain: int
    champion: int
    meddic: int = Field(description="0 to 12")
    evidence: dict[str, str]
    need_text: str
    budget_from: str | None
    budget_to: str | None
    timeframe: str
    criteria_text: str
    competitors: list[str]
    has_no_competitors: bool = Field(description="Somebody said that nobody competes")


class LineOut(Schema):
    product: int
    quantity: str
    price: str
    discount: str
    tax_rate: str | None
    price_includes_tax: bool
    total: str


class WholeDealOut(DealOut):
    """One deal with what is known of need and decision, and with what is sold."""

    qualification: QualificationOut
    lines: list[LineOut]


class DealsOut(Schema):
    items: list[DealOut]
    next_cursor: str | None
    total: int | None = None


class PersonIn(Input):
    name: str
    phone: str = ""
    email: str = ""


class LineIn(Input):
    product: Id
    quantity: str | int | float = 1
    price: Money = None
    discount: str | int | float | None = Field(None, description="Percent")
    tax_rate: str | int | float | None = Field(None, description="Percent; empty for the product's own")


class NewDealIn(Input):
    """A deal with its next step: `first_task`, `snooze_until`, or `quick` for a task that Takt plans today."""

    name: str
    pipeline: Id | None = None
    stage: Id | None = None
    owner: Ref | None = None
    company: Id | None = None
    contacts: list[Id] = []
    amount: Money = None
    currency: str | None = None
    type: Ref | None = None
    expected_close_date: dt.date | None = None
    source: Ref | None = None
    probability: int | None = None
    about: str = ""
    tags: list[str] = []
    custom: dict[str, Any] = {}
    lines: list[LineIn] = []
    new_company: str | None = None
    new_person: PersonIn | None = None
    first_task: NextTaskIn | None = None
    snooze_until: dt.date | None = None
    snooze_reason: str = ""
    quick: bool = False
    force: bool = False
    reason: str = ""


class DealChanges(Input):
    """Only what is sent is changed; owner, stage and pipeline have acts of their own."""

    name: str = ""
    amount: Money = None
    currency: str = ""
    probability: int | None = None
    expected_close_date: dt.date | None = None
    type: Ref | None = None
    source: Ref | None = None
    company: Id | None = None
    about: str = ""
    tags: list[str] = []
    custom: dict[str, Any] = {}
    version: int | None = None


class QualificationIn(Input):
    """Only what is sent is changed; `evidence` holds notes or links for MEDDIC questions."""

    need: int = 0
    budget: int = 0
    authority: int = 0
    timing: int = 0
    metrics: int = 0
    economic_buyer: int = 0
    decision_criteria: int = 0
    decision_process: int = 0
    identified_pain: int = 0
    champion: int = 0
    evidence: dict[str, str] = {}
    need_text: str = ""
    budget_from: Money = None
    budget_to: Money = None
    timeframe: str = ""
    criteria_text: str = ""
    version: int | None = None


class CompetitorsIn(Input):
    """All competitors by name or number, or `none` where nobody competes."""

    competitors: list[Ref] = []
    none: bool = False
    version: int | None = None


class ReplacementIn(Input):
    contact: Id
    part: str | None = Field(None, description="The old one's role unless another is given")


class MoveIn(Input):
    stage: Id
    force: bool = False
    reason: str = ""
    version: int | None = None


class WinIn(Input):
    version: int | None = None


class LossIn(Input):
    reason: Ref | None = None
    comment: str = ""
    competitor: str = ""
    try_again_on: dt.date | None = Field(None, description="A day to come back to it; makes a task")
    version: int | None = None


class ReopeningIn(Input):
    stage: Id | None = None
    next_task: NextTaskIn | None = None
    snooze_until: dt.date | None = None
    snooze_reason: str = ""
    force: bool = False
    reason: str = ""
    version: int | None = None


class SnoozeIn(Input):
    until: dt.date
    reason: str
    version: int | None = None


class OwnerIn(Input):
    owner: Ref
    version: int | None = None


class PipelineIn(Input):
    pipeline: Id
    stage: Id | None = None
    force: bool = False
    reason: str = ""
    version: int | None = None


class ContactIn(Input):
    contact: Id
    part: str = ""


class LinesIn(Input):
    lines: list[LineIn]
    sets_amount: bool = True
    version: int | None = None


def missing_json(missing: Iterable[Missing]) -> list[dict[str, Any]]:
    return [{"stage": m.stage, "field": m.field, "code": m.code, "message": m.text} for m in missing]


def deal_json(row: Any) -> dict[str, Any]:
    """A deal as the API answers it; a customer hidden from the reader is left out."""
    same = (
        *("id", "name", "status", "currency", "probability", "next_due_at", "stage_entered_at", "about"),
        *("tags", "loss_comment", "competitor", "snoozed_until", "last_activity_at", "created_at"),
        *("updated_at", "closed_at", "version", "try_again_on", "offer", "offer_until"),
    )
    return {field: getattr(row, field) for field in same} | {
        "pipeline": row.pipeline_id,
        "stage": row.stage_id,
        "owner": row.owner_id,
        "company": row.seen_company_id,
        "contacts": row.contact_list,
        "parent": row.seen_parent_id,
        "amount": None if row.amount is None else str(row.amount),
        "type": row.type_id,
        "source": row.source_id,
        "expected_close_date": row.expected_close_on,
        "next_task": row.next_task_id,
        "loss_reason": row.loss_reason__slug,
    }


def answer(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    """The deal as it is now; one just given away may be hidden from the giver, who still learns what he did."""
    rows = deal_rows(request.user)  # type: ignore[arg-type]
    row = rows.filter(pk=pk).values_list(*_FIELDS, named=True).first()
    if row is None:
        rows = deal_rows(None)  # type: ignore[arg-type]
        row = rows.filter(pk=pk).values_list(*_FIELDS, named=True).get()
    with_etag(response, row)
    return deal_json(row) | {"custom": custom_of("deal", row, request.user)}  # type: ignore[arg-type]


def _seen(request: HttpRequest, pk: int) -> Deal:
    return Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type,return-value]


def _version(request: HttpRequest, pk: int, given: int | None = None) -> int | None:
    """The version the program has read, from the body or by `If-Match` (412 where it is outdated)."""
    deal = _seen(request, pk)
    check_if_match(request, deal)
    if given is not None:
        return given
    return deal.version if "If-Match" in request.headers else None


def _snooze(until: dt.date | None, reason: str) -> Snooze | None:
    return None if until is None else Snooze(until, reason)


def _lines(lines: list[LineIn]) -> list[NewLine]:
    return [NewLine(line.product, line.quantity, line.price, line.discount, line.tax_rate) for line in lines]


@router.get("/deals", response={200: DealsOut, **PROBLEMS}, exclude_unset=True)
def list_deals(request: HttpRequest) -> dict[str, Any]:
    """Deals that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, DEALS, deal_rows(request.user), deal_json, _FIELDS)  # type: ignore[arg-type]


@router.post("/deals", response={201: DealOut, **PROBLEMS})
def create_deal(
    request: HttpRequest, payload: NewDealIn, response: HttpResponse
) -> tuple[int, dict[str, Any]]:
    """Start a deal. Without a next step it is refused: 409 next_task_required."""
    plain = payload.dict(
        exclude={"lines", "new_person", "first_task", "snooze_until", "snooze_reason", "quick"}
    )
    if payload.quick and not payload.custom:
        plain["custom"] = None  # a quick deal is asked for nothing more
    person = payload.new_person
    deal = commands.create_deal(
        **plain,
        lines=_lines(payload.lines),
        new_person=NewPerson(**person.dict()) if person else None,
        first_task=payload.first_task.new() if payload.first_task else None,
        snooze=_snooze(payload.snooze_until, payload.snooze_reason),
        is_quick=payload.quick,
        **acting(request),
    )
    response["Location"] = f"/api/v1/deals/{deal.pk}"
    return 201, answer(request, deal.pk, response)


@router.get("/deals/{int:pk}", response={200: WholeDealOut, **PROBLEMS})
def one_deal(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    return _whole(request, _seen(request, pk).pk, response)


def _whole(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    found = answer(request, pk, response)
    lines = DealLine.objects.filter(deal=pk).order_by("position", "id")
    return found | {"qualification": qualification_json(pk), "lines": [_line_json(x) for x in lines]}


def _line_json(line: DealLine) -> dict[str, Any]:
    plain = ("quantity", "price", "discount", "total")
    return {field: str(getattr(line, field)) for field in plain} | {
        "product": line.product_id,
        "tax_rate": None if line.tax_rate is None else str(line.tax_rate),
        "price_includes_tax": line.price_includes_tax,
    }


@router.patch("/deals/{int:pk}/qualification", response={200: WholeDealOut, **PROBLEMS})
def qualify_deal(
    request: HttpRequest, pk: int, payload: QualificationIn, response: HttpResponse
) -> dict[str, Any]:
    """Answer BANT and MEDDIC questions, and write down need, budget, time and criteria of the decision."""
    version = _version(request, pk, payload.version)
    changes = payload.dict(exclude_unset=True, exclude={"version"})
    commands.qualify_deal(pk, changes, version=version, **acting(request))
    return _whole(request, pk, response)


@router.put("/deals/{int:pk}/competitors", response={200: WholeDealOut, **PROBLEMS})
def set_competitors(
    request: HttpRequest, pk: int, payload: CompetitorsIn, response: HttpResponse
) -> dict[str, Any]:
    """Name everybody who competes for the deal; a new name joins the list of competitors."""
    version = _version(request, pk, payload.version)
    commands.set_competitors(
        pk, payload.competitors, are_none=payload.none, version=version, **acting(request)
    )
    return _whole(request, pk, response)


@router.patch("/deals/{int:pk}", response={200: DealOut, **PROBLEMS})
def edit_deal(request: HttpRequest, pk: int, payload: DealChanges, response: HttpResponse) -> dict[str, Any]:
    version = _version(request, pk, payload.version)
    changes = payload.dict(exclude_unset=True, exclude={"version"})
    commands.edit_deal(pk, changes, version=version, **acting(request))
    return answer(request, pk, response)


@router.delete("/deals/{int:pk}", response={204: None, **PROBLEMS})
def delete_deal(request: HttpRequest, pk: int) -> tuple[int, None]:
    """Move a deal to the recycle bin, with its tasks."""
    check_if_match(request, _seen(request, pk))
    commands.delete_deal(pk, **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/restore", response={200: DealOut, **PROBLEMS})
def restore_deal(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    commands.restore_deal(min(pk, LARGEST_ID), **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/move", response={200: MovedOut, **PROBLEMS})
def move_deal(request: HttpRequest, pk: int, payload: MoveIn, response: HttpResponse) -> dict[str, Any]:
    """Put a deal into a stage. Where gates are enforced, 409 stage_gate names all that is missing; who may passes with
    `force` and a `reason`. Where they warn, `missing` names it. Its owner's way back needs a `reason`
    (409 reason_required)."""
    version = _version(request, pk, payload.version)
    moved = commands.move_deal(
        pk, payload.stage, version=version, force=payload.force, reason=payload.reason, **acting(request)
    )
    return answer(request, pk, response) | {"missing": missing_json(moved.missing)}


@router.post("/deals/{int:pk}/pipeline", response={200: MovedOut, **PROBLEMS})
def change_pipeline(
    request: HttpRequest, pk: int, payload: PipelineIn, response: HttpResponse
) -> dict[str, Any]:
    """Move an open deal to another pipeline, into its first stage unless one is given."""
    version = _version(request, pk, payload.version)
    moved = commands.change_pipeline(
        pk, payload.pipeline, stage=payload.stage, version=version, force=payload.force, reason=payload.reason,
        **acting(request),
    )  # fmt: skip
    return answer(request, pk, response) | {"missing": missing_json(moved.missing)}


@router.post("/deals/{int:pk}/win", response={200: MovedOut, **PROBLEMS})
def win_deal(
    request: HttpRequest, pk: int, response: HttpResponse, payload: WinIn | None = None
) -> dict[str, Any]:
    """Close as won; 409 stage_gate names what a won deal can't do without, `missing` what was never confirmed."""
    version = _version(request, pk, payload.version if payload else None)
    won = commands.win_deal(pk, version=version, **acting(request))
    return answer(request, pk, response) | {"missing": missing_json(won.missing)}


@router.post("/deals/{int:pk}/lose", response={200: DealOut, **PROBLEMS})
def lose_deal(request: HttpRequest, pk: int, payload: LossIn, response: HttpResponse) -> dict[str, Any]:
    """Close as lost, with the reason (slug or id)."""
    version = _version(request, pk, payload.version)
    commands.lose_deal(
        pk,
        payload.reason,
        comment=payload.comment,
        competitor=payload.competitor,
        try_again_on=payload.try_again_on,
        version=version,
        **acting(request),
    )
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/reopen", response={200: DealOut, **PROBLEMS})
def reopen_deal(
    request: HttpRequest, pk: int, response: HttpResponse, payload: ReopeningIn | None = None
) -> dict[str, Any]:
    """Return a closed deal to work, with its next step."""
    payload = payload or ReopeningIn()
    version = _version(request, pk, payload.version)
    commands.reopen_deal(
        pk,
        stage=payload.stage,
        next_task=payload.next_task.new() if payload.next_task else None,
        snooze=_snooze(payload.snooze_until, payload.snooze_reason),
        force=payload.force,
        reason=payload.reason,
        version=version,
        **acting(request),
    )
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/snooze", response={200: DealOut, **PROBLEMS})
def snooze_deal(request: HttpRequest, pk: int, payload: SnoozeIn, response: HttpResponse) -> dict[str, Any]:
    version = _version(request, pk, payload.version)
    commands.snooze_deal(pk, Snooze(payload.until, payload.reason), version=version, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/assign", response={200: DealOut, **PROBLEMS})
def assign_deal(request: HttpRequest, pk: int, payload: OwnerIn, response: HttpResponse) -> dict[str, Any]:
    version = _version(request, pk, payload.version)
    commands.assign_deal(pk, payload.owner, version=version, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/contacts", response={200: DealOut, **PROBLEMS})
def attach_contact(
    request: HttpRequest, pk: int, payload: ContactIn, response: HttpResponse
) -> dict[str, Any]:
    commands.attach_contact(pk, payload.contact, part=payload.part, **acting(request))
    return answer(request, pk, response)


@router.delete("/deals/{int:pk}/contacts/{int:contact}", response={204: None, **PROBLEMS})
def detach_contact(request: HttpRequest, pk: int, contact: int) -> tuple[int, None]:
    commands.detach_contact(pk, min(contact, LARGEST_ID), **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/contacts/{int:contact}/replace", response={200: DealOut, **PROBLEMS})
def replace_contact(
    request: HttpRequest, pk: int, contact: int, payload: ReplacementIn, response: HttpResponse
) -> dict[str, Any]:
    """Put another person in the place of one, in one step."""
    who = min(contact, LARGEST_ID)
    commands.replace_contact(pk, who, payload.contact, part=payload.part, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/contacts/{int:contact}/lead", response={200: DealOut, **PROBLEMS})
def lead_contact(request: HttpRequest, pk: int, contact: int, response: HttpResponse) -> dict[str, Any]:
    """Make a person the main contact: the first of `contacts`."""
    commands.lead_contact(pk, min(contact, LARGEST_ID), **acting(request))
    return answer(request, pk, response)


@router.put("/deals/{int:pk}/lines", response={200: DealOut, **PROBLEMS})
def set_lines(request: HttpRequest, pk: int, payload: LinesIn, response: HttpResponse) -> dict[str, Any]:
    """Replace what is sold; the amount follows unless `sets_amount` is false."""
    version = _version(request, pk, payload.version)
    commands.set_lines(
        pk, _lines(payload.lines), sets_amount=payload.sets_amount, version=version, **acting(request)
    )
    return answer(request, pk, response)
