from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input, one_of
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import api_list
from takt.office.notifications import commands
from takt.office.notifications.kinds import GROUPS, KINDS, MAIL
from takt.office.notifications.lists import NOTIFICATIONS
from takt.office.notifications.models import Notification
from takt.office.notifications.queries import wishes_of_one

router = Router(tags=["notifications"])


class Mark(Input):
    is_read: bool


class Wish(Input):
    bell: bool | None = Field(None, description="Whether the bell counts it")
    mail: one_of(MAIL) | None = None  # type: ignore[valid-type]


class Wanted(Input):
    groups: dict[str, Wish] | None = None
    quiet_from: str | None = Field(
        None, description="Such as 22:00, by the person's own clock; empty for none"
    )
    quiet_until: str | None = None
    digest_at: str | None = None


def as_json(row: Notification) -> dict[str, Any]:
    about = {"kind": row.about_kind, "id": row.about_id} if row.about_kind else None
    return {
        "id": row.pk,
        "kind": row.kind,
        "group": KINDS[row.kind].group,
        "text": row.sentence,
        "url": row.url,
        "about": about,
        "at": row.at,
        "is_read": row.is_read,
    }


@router.get("/notifications", response={200: dict[str, Any], **PROBLEMS})
def list_notifications(request: HttpRequest) -> Any:
    """What the token's user was told, the latest first; nothing about what he may no longer see."""
    return api_list(request, NOTIFICATIONS, Notification.objects.visible_to(request.user), as_json)


@router.get("/notifications/choices", response={200: dict[str, Any], **PROBLEMS})
def get_choices(request: HttpRequest) -> Any:
    """How the token's user wants to be told."""
    return _choices(request)


@router.patch("/notifications/choices", response={200: dict[str, Any], **PROBLEMS})
def choose(request: HttpRequest, payload: Wanted) -> Any:
    given = payload.dict(exclude_unset=True)
    commands.choose({k: v if v is not None else {} if k == "groups" else "" for k, v in given.items()},
                    **acting(request))  # fmt: skip
    return _choices(request)


@router.post("/notifications/read_all", response={200: dict[str, Any], **PROBLEMS})
def read_all(request: HttpRequest) -> Any:
    return {"read": commands.mark_read(None, **acting(request))}


@router.get("/notifications/{pk}", response={200: dict[str, Any], **PROBLEMS})
def get_notification(request: HttpRequest, pk: int) -> Any:
    row = Notification.objects.visible_to(request.user).filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound
    return as_json(row)


@router.patch("/notifications/{pk}", response={200: dict[str, Any], **PROBLEMS})
def mark_notification(request: HttpRequest, pk: int, payload: Mark) -> Any:
    """Mark as read, or as not read again."""
    if not 0 < pk < 2**63:
        raise NotFound
    return as_json(commands.mark_one(pk, is_read=payload.is_read, **acting(request)))


def _choices(request: HttpRequest) -> dict[str, Any]:
    wishes = wishes_of_one(request.user)
    times = {name: getattr(wishes, name) for name in ("quiet_from", "quiet_until", "digest_at")}
    return {
        "groups": {slug: {"bell": wishes.bell(slug), "mail": wishes.mail(slug)} for slug in GROUPS},
        **{name: f"{time:%H:%M}" if time else None for name, time in times.items()},
    }
