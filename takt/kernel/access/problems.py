"""How the API says no: the problem document (RFC 9457) and the answers that every operation may give."""

from collections.abc import Iterable
from http import HTTPStatus
from types import UnionType
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin

from ninja import Schema
from pydantic import ConfigDict, ValidationInfo, WithJsonSchema, field_validator

from takt.kernel.lib.currencies import known_currencies


class Input(Schema):
    """Base of every request body: a field that isn't known is refused with 422."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def no_other_kind(cls, value: Any, info: ValidationInfo) -> Any:
        """A number is no time (0 isn't 1 January 1970) and no yes or no; `true` is no amount."""
        if isinstance(value, bool | int | float):
            allowed = _plain_types(cls.model_fields[str(info.field_name)].annotation)
            wanted = {bool} if isinstance(value, bool) else {int, float}
            if not allowed & {*wanted, Any}:
                raise ValueError(f"a value of type {type(value).__name__} isn't taken here")
        return value


# What the commands refuse, told in the document too; they refuse it themselves, in the reader's own language.
Filled = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"\S"})]


def one_of(values: Iterable[str]) -> Any:
    """The type of a text that is one of a few."""
    return Annotated[str, WithJsonSchema({"type": "string", "enum": list(values)})]


# A code of a currency that one pays with; the commands take it in small letters too.
Currency = one_of(sorted(known_currencies()))


def _plain_types(annotation: Any) -> set[Any]:
    """The types in an annotation, whatever wraps them."""
    if isinstance(annotation, TypeAliasType):
        return _plain_types(annotation.__value__)
    if get_origin(annotation) is Annotated:
        return _plain_types(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return {type(a) for a in get_args(annotation)}
    if get_origin(annotation) in {Union, UnionType}:
        return set().union(*map(_plain_types, get_args(annotation)))
    return {annotation}


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


PROBLEM_STATUSES = (401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 503)

# `response={200: DealOut, **PROBLEMS}` on every operation.
PROBLEMS: dict[int, Any] = dict.fromkeys(PROBLEM_STATUSES, ProblemDocument)


def declare_problems(openapi: dict[str, Any]) -> dict[str, Any]:
    """Say in an OpenAPI document what any operation may answer instead, under the problem documents' own media type."""
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    openapi.setdefault("components", {}).setdefault("schemas", {}).update(
        {**definitions, "ProblemDocument": schema}
    )
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    for operations in openapi.get("paths", {}).values():
        for operation in operations.values():
            answers = operation.setdefault("responses", {})
            for status in PROBLEM_STATUSES:
                answer = answers.setdefault(status, {"description": HTTPStatus(status).phrase})
                answer["content"] = content
    return openapi
