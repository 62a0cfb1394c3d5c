"""The records before and after one in the list that it was opened from, and which number it has there."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Invalid
from takt.kernel.lists.asking import MOST_COUNTED, Asked, asked
from takt.kernel.lists.keyset import Order, cursor_after
from takt.kernel.lists.spec import ListSpec

PASSING = frozenset({"cursor", "limit", "count", "columns", "export"})


@dataclass(frozen=True)
class Place:
    """Where a record stands; `number` is 0 where it no longer meets the filters, `total` 0 where they are too many."""

    previous: int | None
    next: int | None
    number: int
    total: int
    query: str


def opened_from(params: QueryDict) -> str:
    """The list's question as its records keep it in their address; not its place in it."""
    kept = [(n, v) for n, values in params.lists() if n not in PASSING for v in values if v]
    return urlencode(kept)[:1500] or "view=all"


def place_in(spec: ListSpec, rows: QuerySet[Any], pk: int, user: User, query: str) -> Place | None:
    """The place of a record among `rows`, by the list's `query`; None where the record isn't among them at all."""
    try:
        ask = asked(spec, QueryDict(query[:2000]), user, blanks=True)
    except Invalid:
        ask = asked(spec, {}, user)
    order = ask.order
    whole = replace(ask, filters=(), groups=(), q="").apply(rows)
    here = whole.filter(pk=pk).order_by().values_list("id", order.path, named=True).first()
    if here is None:
        return None
    found = ask.apply(rows)
    turned = replace(ask, sort=order.word[1:] if order.is_descending else f"-{order.word}")
    # Empty values stand last in either direction: before the first of them is the last that has a value.
    valued = found if order.path == "id" else found.filter(**{f"{order.path}__isnull": False})
    value = getattr(here, order.path)
    if value is None:
        empty = found.filter(**{f"{order.path}__isnull": True})
        previous = _first(turned, empty, here) or _first(turned, valued)
    else:
        previous = _first(turned, valued, here)
    total = found.order_by()[: MOST_COUNTED + 1].count()
    if total > MOST_COUNTED:
        return Place(previous, _first(ask, found, here), 0, 0, query)
    is_in = found.filter(pk=pk).exists()
    number = found.filter(_before(order, value, pk)).order_by().count() + 1 if is_in else 0
    kept = urlencode([pair for pair in parse_qsl(query) if pair != ("view", "all")])
    return Place(previous, _first(ask, found, here), number, total, kept)


def _first(ask: Asked, rows: QuerySet[Any], after: Any = None) -> int | None:
    place = replace(ask, cursor=cursor_after(after, ask.order) if after else "", limit=1)
    return next((row.id for row in place.page(rows, fields=("id",)).rows), None)


def _before(order: Order, value: Any, pk: int) -> Q:
    side = "gt" if order.is_descending else "lt"
    if order.path == "id":
        return Q(**{f"id__{side}": pk})
    if value is None:
        filled = Q(**{f"{order.path}__isnull": False})
        return filled | Q(**{f"{order.path}__isnull": True, f"id__{side}": pk})
    return Q(**{f"{order.path}__{side}": value}) | Q(**{order.path: value, f"id__{side}": pk})
