"""What every edge passes to a command: who, when and by which road."""

import datetime as dt
from typing import TypedDict

from django.http import HttpRequest

from takt.kernel.lib.actor import Actor


class Acting(TypedDict):
    by: Actor
    at: dt.datetime


def acting(request: HttpRequest) -> Acting:
    """`command(..., **acting(request))`: the signed-in person, now, through the page or the API."""
    via = "api" if request.path.startswith("/api/") else "ui"
    return {"by": Actor(user=request.user, via=via), "at": dt.datetime.now(dt.UTC)}


def version_in(request: HttpRequest) -> int | None:
    """The version the person has read, from the form's `version` or an `If-Match` header."""
    text = request.POST.get("version") or request.headers.get("If-Match", "").strip('W/"')
    return int(text) if text.isdigit() else None
