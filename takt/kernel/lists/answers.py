"""Lists and single records as the API answers them."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Schema

from takt.kernel.accounts.models import User
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import readable
from takt.kernel.lib.refusals import Stale
from takt.kernel.lists.asking import asked
from takt.kernel.lists.spec import ListSpec


class Outdated(Stale):
    """The same as `Stale`, for a request that named what it had read by `If-Match`."""

    status = 412


def api_list(
    request: HttpRequest,
    spec: ListSpec,
    rows: QuerySet[Any],
    to_json: Callable[[Any], dict[str, Any]],
    fields: Iterable[str] | None = None,
) -> dict[str, Any]:
    """One page of `rows` (give what `visible_to` allows): items, next_cursor and, with `count=true`, total.

    `to_json` gets a record, or a named row where `fields` are given; `custom` is added where the list has own fields.
    """
    ask = asked(spec, request.GET, request.user)  # type: ignore[arg-type]
    found = ask.apply(rows)
    page = ask.page(found, fields)
    items = [to_json(row) for row in page.rows]
    if spec.has_fields:
        used = [c.field for c in ask.spec.columns if c.field is not None]
        custom = readable(used, [row.custom for row in page.rows], ask.user)
        items = [item | {"custom": values} for item, values in zip(items, custom, strict=True)]
    answer: dict[str, Any] = {"items": items, "next_cursor": page.next_cursor}
    if ask.with_count:
        answer["total"] = ask.count(found)
    return answer


def custom_of(entity: str, row: Any, user: User | None) -> dict[str, Any]:
    """The record's own fields as the API answers them: those that are filled, in use and not hidden from the reader."""
    if not row.custom:
        return {}
    return readable(fields_in_use(entity, row.id), [row.custom], user)[0]


def etag(record: Any) -> str:
    """A record's version as an entity tag."""
    return f'"{record.version}"'


def with_etag(response: HttpResponse, record: Any) -> None:
    response["ETag"] = etag(record)


def check_if_match(request: HttpRequest, record: Any) -> None:
    """Refuse (412) when the request says by `If-Match` that it has read another version."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted or wanted == "*":
        return
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    if etag(record) not in tags:
        raise Outdated


class FieldProblem(Schema):
    field: str
    code: str
    message: str


class ProblemDocument(Schema):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem]


# For `response={200: …, **PROBLEMS}`: what any operation may answer instead.
PROBLEMS: dict[Any, Any] = dict.fromkeys((401, 403, 404, 409, 412, 422, 429), ProblemDocument)
