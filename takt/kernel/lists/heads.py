"""What stands above the rows of a list: saved views as tabs, headings that order, columns to choose, exports."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.lists.asking import Asked
from takt.kernel.lists.queries import views_in_order
from takt.kernel.lists.spec import Column, ListSpec

WHOLE = ("view", "all")  # in the links of a list that would open with a view otherwise


@dataclass(frozen=True)
class Heading:
    name: str
    width: int | None  # as the person has drawn it
    label: str
    is_number: bool
    url: str  # empty where the column has no order
    arrow: str  # up, down or empty


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    is_active: bool
    id: int | None = None
    is_own: bool = False
    is_shared: bool = False
    start: str = ""  # what the person's list has to remember to open with this view
    is_start: bool = False


@dataclass(frozen=True)
class ColumnOption:
    name: str
    label: str
    is_shown: bool


def heading_of(column: Column, ask: Asked, path: str, width: int | None = None) -> Heading:
    is_number = column.is_number
    if not column.sort:
        return Heading(column.name, width, str(column.label), is_number, "", "")
    arrow = ""
    if ask.sort.lstrip("-") == column.name:
        arrow = "down" if ask.sort.startswith("-") else "up"
    # Words start from A, figures and times from the largest; a second click turns the order round.
    turned = {"up": f"-{column.name}", "down": column.name}
    first = column.name if column.kind in {"text", "choice", "ref"} else f"-{column.name}"
    sort = turned.get(arrow, first)
    query = ask.query(sort=sort if sort != ask.spec.default_sort else "")
    return Heading(column.name, width, str(column.label), is_number, address(path, query), arrow)


def tabs_of(ask: Asked, path: str, start: str = "") -> list[Tab]:
    current = _pairs(with_columns(ask))
    other = list(ask.other)
    ready = [(_("All"), ""), *[(str(label), query) for label, query in ask.spec.views]]
    found = [
        Tab(
            label,
            address(path, _joined(query, other)),
            _pairs(query, other) == current,
            start=query,
            is_start=bool(query) and query == start,
        )
        for label, query in ready
    ]
    for view in views_in_order(ask.user.pk, ask.spec.resource):
        is_own = view.owner_id == ask.user.pk
        query = view.query
        found.append(
            Tab(
                view.name,
                address(path, query),
                _pairs(query) == current,
                view.pk,
                is_own,
                view.is_shared,
                start=str(view.pk),
                is_start=start == str(view.pk),
            )
        )
    active = next((t for t in found if t.is_active and t.id is not None), None)
    return [replace(t, is_active=False) if active and t.id is None else t for t in found]


def _pairs(query: str, more: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    return sorted(pair for pair in [*parse_qsl(query), *more] if pair != WHOLE)


def _joined(query: str, more: list[tuple[str, str]]) -> str:
    return "&".join(part for part in (query, urlencode(more)) if part)


def with_columns(ask: Asked) -> str:
    return ask.query(columns=",".join(ask.columns))


def address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def columns_to_choose(spec: ListSpec, shown: list[Column]) -> list[ColumnOption]:
    hidden = [c for c in spec.columns if c not in shown and c.where is None]
    return [ColumnOption(c.name, str(c.label), c in shown) for c in [*shown, *hidden]]


def exports_of(ask: Asked, path: str, query: str) -> list[tuple[str, str]]:
    owners = owners_within(ask.user, ask.spec.entity, "export")
    if owners is not None and not owners:
        return []
    return [
        (label, address(path, _joined(query, [("export", kind)])))
        for kind, label in (("csv", "CSV"), ("xlsx", "XLSX"))
    ]
