"""What every edge passes to a command: who, when and by which road."""

import datetime as dt
import re
from typing import TypedDict

from django.http import HttpRequest
from django.utils.translation import gettext as _

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid

_VERSION = re.compile(r"\d{1,9}", re.ASCII)


class Acting(TypedDict):
    by: Actor
    at: dt.datetime


def acting(request: HttpRequest) -> Acting:
    """`command(..., **acting(request))`: the signed-in person, now, through the page or the API."""
    via = "api" if request.path.startswith("/api/") else "ui"
    return {"by": Actor(user=request.user, via=via), "at": dt.datetime.now(dt.UTC)}


def version_in(request: HttpRequest) -> int | None:
    """The version the person has read, from the form's `version` or an `If-Match` header."""
    text = request.POST.get("version") or request.headers.get("If-Match", "").strip('W/"* ')
    if text and not _VERSION.fullmatch(text):
        raise Invalid.field(
            "version", _("This is no version of a record. Load the page again."), "unreadable"
        )
    return int(text) if text else None
