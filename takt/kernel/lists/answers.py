"""Lists and single records as the API answers them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from takt.kernel.access.stale import changed_since
from takt.kernel.accounts.models import User
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import readable
from takt.kernel.lib.refusals import Invalid, Stale
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
        raise changed_since(record, _version(tags), Outdated)


def _version(tags: set[str]) -> int | None:
    text = min(tags).strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def refuse_unknown(request: HttpRequest, known: Iterable[str]) -> None:
    """A collection that is asked for with a parameter that it doesn't know is refused, not answered unfiltered."""
    wrong = [name for name in request.GET if name not in set(known)]
    if wrong:
        sentence = _("There is no filter “%(name)s”.") % {"name": wrong[0][:80]}
        raise Invalid.field(wrong[0][:80], sentence, "unknown_filter")


def api_whole(
    request: HttpRequest, items: Sequence[dict[str, Any]], *, filters: Iterable[str] = ()
) -> dict[str, Any]:
    """A collection so small that it is answered in one piece, unless `limit` asks for less; `id` tells the place.

    `filters` are the parameters that the caller has applied; any other one is refused.
    """
    refuse_unknown(request, {"limit", "cursor", "count", *filters})
    asked = request.GET
    limit, count, cursor = asked.get("limit", ""), asked.get("count", "false"), asked.get("cursor", "")
    places = [str(item["id"]) for item in items]
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= 200):
        raise unreadable("limit")
    if count not in {"true", "false"}:
        raise unreadable("count")
    if cursor and cursor not in places:
        raise unreadable("cursor")
    start = places.index(cursor) + 1 if cursor else 0
    end = start + int(limit) if limit else len(items)
    answer: dict[str, Any] = {"items": list(items[start:end])}
    answer["next_cursor"] = places[end - 1] if end < len(items) else None
    if count == "true":
        answer["total"] = len(items)
    return answer


def unreadable(name: str) -> Invalid:
    sentence = _("The value of “%(name)s” can't be read.") % {"name": name}
    return Invalid.field(name, sentence, "unreadable")
