"""What just happened, and Undo: one sentence at the bottom of the page."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse


def toast(
    response: HttpResponse, text: str, undo_url: str | None = None, level: str = "good"
) -> HttpResponse:
    """Show a toast after an htmx answer; a `late` one stays until dismissed."""
    given: dict[str, Any] = json.loads(response.headers.get("HX-Trigger", "{}"))
    given["toast"] = {"text": str(text), "undo": undo_url, "level": level}
    response.headers["HX-Trigger"] = json.dumps(given)  # json escapes to ASCII, as a header must be
    return response


def flash(request: HttpRequest, text: str, undo_url: str | None = None, level: str = "good") -> None:
    """Show a toast on the next page."""
    messages.success(request, json.dumps({"text": str(text), "undo": undo_url, "level": level}))
