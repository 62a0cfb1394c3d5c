"""How the API says no: the problem document (RFC 9457) and the answers that every operation may give."""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict


class Input(Schema):
    """Base of every request body: a field that isn't known is refused with 422."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ProblemItem(Schema):
    """One wrong or missing item."""

    field: str
    code: str
    message: str


class ProblemDocument(Schema):
    """What went wrong: `code` is stable for programs, `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemItem] = []


PROBLEM_STATUSES = (401, 403, 404, 409, 412, 422, 429)

# `response={200: DealOut, **PROBLEMS}` on every operation.
PROBLEMS: dict[int, Any] = dict.fromkeys(PROBLEM_STATUSES, ProblemDocument)


def declare_problem_type(openapi: dict[str, Any]) -> dict[str, Any]:
    """Give problem answers their own media type in an OpenAPI document."""
    for operations in openapi.get("paths", {}).values():
        for operation in operations.values():
            for answer in operation.get("responses", {}).values():
                body = answer.get("content", {}).get("application/json", {})
                if str(body.get("schema", {}).get("$ref", "")).endswith("/ProblemDocument"):
                    answer["content"] = {"application/problem+json": body}
    return openapi
