"""The colleagues of a deal: shares, participants, watchers."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.models import Grant
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lib.refusals import NotFound
from takt.sales.deals import commands
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.people import around

LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
router = Router(tags=["deals"])


class ShareIn(Input):
    user: Id
    level: str = Field("view", json_schema_extra={"enum": ["view", "edit"]})
    expires_on: dt.date | None = Field(None, description="The last day; empty: until it is taken back")


class ShareOut(Schema):
    user: int
    name: str
    level: str
    by: int | None
    at: dt.datetime
    expires_at: dt.datetime | None


class PartIn(Input):
    user: Id
    role: str = ""


class PartOut(Schema):
    user: int
    name: str
    role: str
    by: int | None
    at: dt.datetime


class WatcherOut(Schema):
    user: int
    name: str


class WatchIn(Input):
    user: Id | None = Field(None, description="Empty: oneself")


class PeopleOut(Schema):
    shares: list[ShareOut]
    participants: list[PartOut]
    watchers: list[WatcherOut]


def _share(grant: Grant) -> dict[str, Any]:
    return {
        "user": grant.user_id,
        "name": grant.user.name,
        "level": grant.level,
        "by": grant.given_by_id,
        "at": grant.given_at,
        "expires_at": grant.expires_at,
    }


def _part(grant: Grant) -> dict[str, Any]:
    return {
        "user": grant.user_id,
        "name": grant.user.name,
        "role": grant.role,
        "by": grant.given_by_id,
        "at": grant.given_at,
    }


@router.get("/deals/{int:pk}/people", response={200: PeopleOut, **PROBLEMS})
def deal_people(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Who besides the owner has to do with the deal."""
    found = around(Deal.objects.found(pk, by=request.user), request.user)
    return {
        "shares": [_share(g) for g in found.shares],
        "participants": [_part(g) for g in found.participants],
        "watchers": [{"user": w.pk, "name": w.name} for w in found.watchers],
    }


@router.post("/deals/{int:pk}/share", response={200: ShareOut, **PROBLEMS})
def share_deal(request: HttpRequest, pk: int, payload: ShareIn) -> dict[str, Any]:
    """Let a colleague see or edit this one deal; again with another level replaces the share."""
    return _share(commands.share_deal(pk, **payload.dict(), **acting(request)))


@router.delete("/deals/{int:pk}/share/{int:user}", response={204: None, **PROBLEMS})
def unshare_deal(request: HttpRequest, pk: int, user: int) -> tuple[int, None]:
    commands.unshare_deal(pk, _named(user), **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/participants", response={200: PartOut, **PROBLEMS})
def add_participant(request: HttpRequest, pk: int, payload: PartIn) -> dict[str, Any]:
    """Bring a colleague into the deal, who then sees it."""
    return _part(commands.add_participant(pk, **payload.dict(), **acting(request)))


@router.delete("/deals/{int:pk}/participants/{int:user}", response={204: None, **PROBLEMS})
def remove_participant(request: HttpRequest, pk: int, user: int) -> tuple[int, None]:
    commands.remove_participant(pk, _named(user), **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/watch", response={204: None, **PROBLEMS})
def watch_deal(request: HttpRequest, pk: int, payload: WatchIn | None = None) -> tuple[int, None]:
    """Be told of moves, the end and comments; with `user` for a colleague who sees the deal."""
    commands.watch_deal(pk, payload.user if payload else None, **acting(request))
    return 204, None


@router.post("/deals/{int:pk}/unwatch", response={204: None, **PROBLEMS})
def unwatch_deal(request: HttpRequest, pk: int, payload: WatchIn | None = None) -> tuple[int, None]:
    commands.unwatch_deal(pk, payload.user if payload else None, **acting(request))
    return 204, None


def _named(user: int) -> int:
    if user > LARGEST_ID:
        raise NotFound
    return user
