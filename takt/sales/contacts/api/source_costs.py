import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, WithJsonSchema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Currency, Input
from takt.kernel.access.reach import demand
from takt.kernel.lists.answers import api_list
from takt.sales.contacts import commands
from takt.sales.contacts.api.shapes import Id
from takt.sales.contacts.lists import SOURCE_COSTS
from takt.sales.contacts.models import SourceCost

router = Router(tags=["sources"])
Amount = Annotated[
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


class SourceCostIn(Input):
    """What a source cost in a month; an empty amount or zero takes the cost away."""

    source: Id
    month: dt.date = Field(description="Any day of the month")
    currency: Currency
    amount: Amount = None


class SourceCostsIn(Input):
    costs: list[SourceCostIn] = Field(min_length=1, max_length=commands.MOST_COSTS)


class SourceCostOut(Schema):
    source: int
    month: dt.date = Field(description="The first day of the month")
    currency: str
    amount: str | None = Field(description="Decimal as a string")


class SourceCostsOut(Schema):
    items: list[SourceCostOut]
    next_cursor: str | None = None
    total: int | None = None


class SourceCostsBefore(Schema):
    """What stood there before, of the costs that really changed."""

    changed: list[SourceCostOut]


def as_json(row: SourceCost) -> dict[str, Any]:
    return {"source": row.source_id, "month": row.month, "currency": row.currency, "amount": str(row.amount)}


@router.get("/source_costs", response={200: SourceCostsOut, **PROBLEMS}, exclude_unset=True)
def list_source_costs(request: HttpRequest) -> dict[str, Any]:
    """What the sources of customers cost, by month and currency."""
    demand(acting(request)["by"], "edit_source_costs")
    return api_list(request, SOURCE_COSTS, SourceCost.objects.all(), as_json)


@router.post("/source_costs", response={200: SourceCostsBefore, **PROBLEMS})
def set_source_costs(request: HttpRequest, payload: SourceCostsIn) -> dict[str, Any]:
    """Set costs of sources by month and currency, all or none."""
    before = commands.set_source_costs([c.model_dump() for c in payload.costs], **acting(request))
    return {"changed": [b | {"month": f"{b['month']}-01"} for b in before]}
