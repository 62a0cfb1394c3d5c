"""What the pages' forms send, read into what the commands take; the commands judge it."""

from typing import Any

from django.http import HttpRequest, QueryDict

from takt.kernel.lib.refusals import Invalid


def errors_of(refusal: Invalid) -> dict[str, str]:
    """Field → what is wrong with it; under "" what belongs to no field."""
    if not refusal.errors:
        return {"": str(refusal.detail)}
    return {problem.field: str(problem.message) for problem in refusal.errors}


def user_fields(posted: QueryDict) -> dict[str, Any]:
    """The administrator's form of a user."""
    found: dict[str, Any] = {
        field: posted[field]
        for field in ("email", "name", "role", "language", "time_zone")
        if field in posted
    }
    if "team" in posted:
        found["team"] = number_or_none(str(posted["team"]))
    if "daily_norm" in posted:
        found["daily_norm"] = posted["daily_norm"]
    return found


def own_fields(posted: QueryDict) -> dict[str, Any]:
    """A person's form of himself."""
    return {
        field: posted[field]
        for field in ("name", "language", "theme", "time_zone", "daily_norm", "single_keys")
        if field in posted
    }


def number_or_none(text: str) -> int | None:
    """An id from a select; what is no number can't be found, and is refused as such."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def version_of(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
