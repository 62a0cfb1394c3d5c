"""What programs send of a deal, and what they are answered."""

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, WithJsonSchema

from takt.kernel.access.problems import Currency, Filled, Input
from takt.sales.deals.api.tasks import NextTaskIn

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Ref = Id | str
Money = Annotated[
    str | int | float | None,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^([0-9]{1,15}(\.[0-9]{1,2})?)?$"},
                {"type": "number", "minimum": 0, "exclusiveMaximum": 10**15, "multipleOf": 0.01},
                {"type": "null"},
            ]
        }
    ),
]
Percent = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 100})]
Answer = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 2})]


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
    contractor_cost: str | None = Field(description="Decimal as a string, in the deal's currency")
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
    discount_amount: str
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
    name: Filled
    phone: str = ""
    email: str = ""


class LineIn(Input):
    product: Id
    quantity: str | int | float = 1
    price: Money = None
    discount: str | int | float | None = Field(None, description="Percent")
    discount_amount: Money = Field(None, description="An amount off the line, instead of a share")
    tax_rate: str | int | float | None = Field(None, description="Percent; empty for the product's own")


class NewDealIn(Input):
    """A deal with its next step: `first_task`, `snooze_until`, or `quick` for a task that Takt plans today."""

    name: Filled
    pipeline: Id | None = None
    stage: Id | None = None
    owner: Ref | None = None
    company: Id | None = None
    contacts: list[Id] = []
    amount: Money = None
    currency: Currency | None = None
    contractor_cost: Money = None
    type: Ref | None = None
    expected_close_date: dt.date | None = None
    source: Ref | None = None
    probability: Percent | None = None
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

    name: Filled = ""
    amount: Money = None
    currency: Currency = ""
    contractor_cost: Money = None
    probability: Percent | None = None
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

    need: Answer = 0
    budget: Answer = 0
    authority: Answer = 0
    timing: Answer = 0
    metrics: Answer = 0
    economic_buyer: Answer = 0
    decision_criteria: Answer = 0
    decision_process: Answer = 0
    identified_pain: Answer = 0
    champion: Answer = 0
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


class LossCorrectionIn(Input):
    """Why a lost deal was lost, said afterwards; the reason is a slug or an id."""

    reason: str | int
    comment: str = ""
    competitor: str = ""
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
    reason: Filled
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
