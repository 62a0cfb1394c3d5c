"""Deals for programs; every act is the command that the pages call."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.lists.answers import api_list, check_if_match
from takt.sales.deals import commands
from takt.sales.deals.api.answers import FIELDS, answer, deal_json, lines_of, seen, snooze_of, version_read
from takt.sales.deals.api.shapes import (
    LARGEST_ID,
    CompetitorsIn,
    ContactIn,
    DealChanges,
    DealOut,
    DealsOut,
    LinesIn,
    NewDealIn,
    QualificationIn,
    ReplacementIn,
    WholeDealOut,
)
from takt.sales.deals.commands import NewPerson
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import DealLine
from takt.sales.deals.queries.qualification import qualification_json

router = Router(tags=["deals"])


@router.get("/deals", response={200: DealsOut, **PROBLEMS}, exclude_unset=True)
def list_deals(request: HttpRequest) -> dict[str, Any]:
    """Deals that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, DEALS, deal_rows(request.user), deal_json, FIELDS)  # type: ignore[arg-type]


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
        lines=lines_of(payload.lines),
        new_person=NewPerson(**person.dict()) if person else None,
        first_task=payload.first_task.new() if payload.first_task else None,
        snooze=snooze_of(payload.snooze_until, payload.snooze_reason),
        is_quick=payload.quick,
        **acting(request),
    )
    response["Location"] = f"/api/v1/deals/{deal.pk}"
    return 201, answer(request, deal.pk, response)


@router.get("/deals/{int:pk}", response={200: WholeDealOut, **PROBLEMS})
def one_deal(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    return _whole(request, seen(request, pk).pk, response)


def _whole(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    found = answer(request, pk, response)
    lines = DealLine.objects.filter(deal=pk).order_by("position", "id")
    return found | {"qualification": qualification_json(pk), "lines": [_line_json(x) for x in lines]}


def _line_json(line: DealLine) -> dict[str, Any]:
    plain = ("quantity", "price", "discount", "discount_amount", "total")
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
    version = version_read(request, pk, payload.version)
    changes = payload.dict(exclude_unset=True, exclude={"version"})
    commands.qualify_deal(pk, changes, version=version, **acting(request))
    return _whole(request, pk, response)


@router.put("/deals/{int:pk}/competitors", response={200: WholeDealOut, **PROBLEMS})
def set_competitors(
    request: HttpRequest, pk: int, payload: CompetitorsIn, response: HttpResponse
) -> dict[str, Any]:
    """Name everybody who competes for the deal; a new name joins the list of competitors."""
    version = version_read(request, pk, payload.version)
    commands.set_competitors(
        pk, payload.competitors, are_none=payload.none, version=version, **acting(request)
    )
    return _whole(request, pk, response)


@router.patch("/deals/{int:pk}", response={200: DealOut, **PROBLEMS})
def edit_deal(request: HttpRequest, pk: int, payload: DealChanges, response: HttpResponse) -> dict[str, Any]:
    version = version_read(request, pk, payload.version)
    changes = payload.dict(exclude_unset=True, exclude={"version"})
    commands.edit_deal(pk, changes, version=version, **acting(request))
    return answer(request, pk, response)


@router.delete("/deals/{int:pk}", response={204: None, **PROBLEMS})
def delete_deal(request: HttpRequest, pk: int) -> tuple[int, None]:
    """Move a deal to the recycle bin, with its tasks."""
    check_if_match(request, seen(request, pk))
    commands.delete_deal(pk, **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/restore", response={200: DealOut, **PROBLEMS})
def restore_deal(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    commands.restore_deal(min(pk, LARGEST_ID), **acting(request))
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
    version = version_read(request, pk, payload.version)
    commands.set_lines(
        pk, lines_of(payload.lines), sets_amount=payload.sets_amount, version=version, **acting(request)
    )
    return answer(request, pk, response)
