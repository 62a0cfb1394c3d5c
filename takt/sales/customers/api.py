import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Filled, Input
from takt.sales.activities.commands import NewTask
from takt.sales.contacts.commands import confirm_levels as confirm
from takt.sales.contacts.models import Company, Contact
from takt.sales.customers import commands
from takt.sales.customers.queries import lists, sales

router = Router(tags=["customers"])


class Heap(Schema):
    count: int
    amount: str = Field(description="In the organisation's currency")
    by_currency: dict[str, str]
    not_converted: dict[str, str] = Field(description="What had no rate, and isn't in `amount`")


class Sales(Schema):
    """The deals of a customer that the token's user sees."""

    currency: str
    open: Heap
    won: Heap
    lost: Heap
    repeat_purchases: int
    average_check: str | None
    average_change: str | None = Field(description="From one purchase to the next, as a fraction")


class Rung(Schema):
    on: dt.date
    ladder: int
    step: int
    penalties: int


class Move(Schema):
    on: dt.date
    old: str
    new: str


class Standing(Schema):
    """How a company stood over time, reckoned over all of its deals."""

    ladder: list[Rung]
    segments: list[Move]


class Group(Input):
    companies: list[int]


class Counted(Schema):
    count: int


class TaskForMany(Input):
    """One task for each of the companies; without `assignee` it is each company's owner's."""

    companies: list[int]
    type: str = "call"
    title: Filled
    due_at: dt.datetime
    body: str = ""
    assignee: int | str | None = None


class Planned(Schema):
    tasks: list[int]


class ThinLine(Schema):
    company: int
    name: str
    pipeline: int
    line: str
    people: int


class ThinLines(Schema):
    items: list[ThinLine]


def _heap(one: sales.Heap) -> dict[str, Any]:
    def texts(found: dict[str, Any]) -> dict[str, str]:
        return {code: str(amount) for code, amount in found.items()}

    return {
        "count": one.count,
        "amount": str(one.amount),
        "by_currency": texts(one.by_currency),
        "not_converted": texts(one.not_converted),
    }


def _sales(request: HttpRequest, **customer: Any) -> dict[str, Any]:
    day = timezone.localdate(acting(request)["at"])
    found = sales.sales_of(request.user, day, **customer)
    return {
        "currency": settings.TAKT_CURRENCY,
        "open": _heap(found.open),
        "won": _heap(found.won),
        "lost": _heap(found.lost),
        "repeat_purchases": found.repeats,
        "average_check": None if found.average is None else f"{found.average:.2f}",
        "average_change": None if found.change is None else f"{found.change:.4f}",
    }


@router.get("/companies/{int:pk}/sales", response={200: Sales, **PROBLEMS})
def company_sales(request: HttpRequest, pk: int) -> Any:
    """Open, won and lost deals of a company, and how its purchases repeat."""
    return _sales(request, company=Company.objects.found(pk, by=request.user).pk)


@router.get("/contacts/{int:pk}/sales", response={200: Sales, **PROBLEMS})
def contact_sales(request: HttpRequest, pk: int) -> Any:
    """Open, won and lost deals in which a person takes part."""
    return _sales(request, parts__contact=Contact.objects.found(pk, by=request.user).pk)


@router.get("/companies/{int:pk}/standing", response={200: Standing, **PROBLEMS})
def company_standing(request: HttpRequest, pk: int) -> Any:
    """The ladder of sales and the RFM segments of a company over time."""
    company = Company.objects.found(pk, by=request.user)
    return {"ladder": sales.ladder_of(company.pk), "segments": sales.segments_of(company.pk)}


@router.post("/customers/levels/confirm", response={200: Counted, **PROBLEMS})
def confirm_levels(request: HttpRequest, payload: Group) -> Any:
    """Give companies the levels that the rule proposes; managers only."""
    return {"count": confirm(payload.companies, **acting(request))}


@router.post("/customers/tasks", response={201: Planned, **PROBLEMS})
def create_tasks(request: HttpRequest, payload: TaskForMany) -> Any:
    """Plan the same task with each of the companies, all or none."""
    given = payload.model_dump()
    companies = given.pop("companies")
    made = commands.create_tasks_for(companies, NewTask(**given), **acting(request))
    return 201, {"tasks": [t["task"] for t in made]}


@router.get("/customers/lines", response={200: ThinLines, **PROBLEMS})
def thin_lines(request: HttpRequest, least: int | None = None) -> Any:
    """Companies with too few people in a line of business where they have open or won deals."""
    wanted = None if least is None else max(1, min(least, 20))
    return {"items": lists.thin_lines(request.user, wanted)}
