"""What keeps a customer going: the next deal, another try at a lost one, an offer for some days."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.sales.deals import commands
from takt.sales.deals.api.deals import DealOut, Id, answer
from takt.sales.deals.api.tasks import NextTaskIn

router = Router(tags=["deals"])


class FollowIn(Input):
    name: str
    pipeline: Id | None = None
    with_products: bool = False
    first_task: NextTaskIn | None = None


class TryAgainIn(Input):
    on: dt.date | None = None
    version: int | None = None


class OfferIn(Input):
    offer: str
    until: dt.date


@router.post("/deals/{int:pk}/follow", response={201: DealOut, **PROBLEMS})
def follow_deal(request: HttpRequest, pk: int, payload: FollowIn, response: HttpResponse) -> Any:
    """Begin the next deal with the customer, the people and the first source of this one."""
    new = commands.follow_deal(
        pk,
        name=payload.name,
        pipeline=payload.pipeline,
        with_products=payload.with_products,
        first_task=payload.first_task.new() if payload.first_task else None,
        **acting(request),
    )
    response["Location"] = f"/api/v1/deals/{new.pk}"
    return 201, answer(request, new.pk, response)


@router.post("/deals/{int:pk}/try-again", response={200: DealOut, **PROBLEMS})
def try_again(request: HttpRequest, pk: int, payload: TryAgainIn, response: HttpResponse) -> dict[str, Any]:
    """The day to come back to a lost deal; null forgets it."""
    commands.try_again(pk, payload.on, version=payload.version, **acting(request))
    return answer(request, pk, response)


class HelpIn(Input):
    """`supervisor`: an id or e-mail of a lead who sees the deal; the nearest one where none is named."""

    question: str
    supervisor: int | str | None = None
    due_at: dt.datetime | None = None


@router.post("/deals/{int:pk}/help", response={200: DealOut, **PROBLEMS})
def ask_for_help(request: HttpRequest, pk: int, payload: HelpIn, response: HttpResponse) -> dict[str, Any]:
    """Give a supervisor a task with the deal."""
    commands.ask_for_help(pk, payload.question, payload.supervisor, payload.due_at, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/offer", response={200: DealOut, **PROBLEMS})
def make_offer(request: HttpRequest, pk: int, payload: OfferIn, response: HttpResponse) -> dict[str, Any]:
    """Attach an offer with its last day."""
    commands.make_offer([pk], payload.offer, payload.until, **acting(request))
    return answer(request, pk, response)


@router.delete("/deals/{int:pk}/offer", response={200: DealOut, **PROBLEMS})
def withdraw_offer(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    commands.withdraw_offer(pk, **acting(request))
    return answer(request, pk, response)
