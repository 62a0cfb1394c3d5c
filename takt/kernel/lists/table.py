"""The body of a list page: saved views, filters, table, columns, export. A view calls `list_page`."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Text
from takt.kernel.lists import commands, export, filters
from takt.kernel.lists.asking import Asked, asked
from takt.kernel.lists.own import OwnCells
from takt.kernel.lists.queries import columns_for, views_of
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.ui import formats

type Cells = Callable[[Any], Mapping[str, Any]]
type Totals = Callable[[Asked, QuerySet[Any]], "Foot"]

FORM = "ls-form-body"  # the element that htmx fills with the filter form when it is opened


@dataclass(frozen=True)
class Cell:
    """What stands in one place of the table; `value` is what an export writes instead of `text`.

    `tone` is late, warn, good, accent, muted or strong; `initials` draws an avatar, `sub` a quiet second text.
    """

    text: str = ""
    url: str = ""
    icon: str = ""
    tone: str = ""
    sub: str = ""
    initials: str = ""
    value: Any = None


@dataclass(frozen=True)
class Show:
    """How a column is shown: `make(row)` gives its Cell or text from the fields that it `needs`."""

    needs: tuple[str, ...]
    make: Callable[[Any], Any]


@dataclass(frozen=True)
class Foot:
    """What a list adds up to: how many rows, and texts by column name."""

    count: int
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One row of the table: each cell after its classes."""

    id: int
    select: str  # what its check box is called
    cells: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Heading:
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


@dataclass(frozen=True)
class ColumnOption:
    name: str
    label: str
    is_shown: bool


@dataclass(frozen=True)
class Table:
    """All that `lists/_table.html` shows."""

    resource: str
    path: str
    query: str
    here: str
    headings: list[Heading]
    lines: list[Line]
    next_url: str
    actions: list[tuple[str, str]]
    q: str = ""
    has_search: bool = False
    is_filtered: bool = False
    clear_url: str = ""
    tabs: tuple[Tab, ...] = ()
    chips: tuple[filters.Chip, ...] = ()
    search_kept: tuple[tuple[str, str], ...] = ()
    columns: tuple[ColumnOption, ...] = ()
    exports: tuple[tuple[str, str], ...] = ()
    may_share: bool = False
    total: int = 0
    total_text: str = ""
    foot: tuple[str, ...] = ()
    empty_text: str = ""

    @property
    def active(self) -> Tab | None:
        return next((t for t in self.tabs if t.is_active), None)


def list_page(
    request: HttpRequest,
    spec: ListSpec,
    rows: QuerySet[Any],
    *,
    template: str,
    shows: Mapping[str, Show],
    actions: Iterable[tuple[str, Text]] = (),
    totals: Totals | None = None,
    also: Sequence[str] = (),
    empty_text: Text = "",
    context: Mapping[str, Any] | None = None,
) -> HttpResponseBase:
    """The whole answer of a list page: the page, its next rows or filter form (htmx), or its export.

    `rows` is what `visible_to` allows, not yet filtered. Only what the shown columns need is read. `actions` are
    (url, label) of the bulk bar; `totals(ask, filtered rows)` counts the rows and gives the foot's texts.
    """
    ask = asked(spec, request.GET, request.user, also=also, blanks=True)  # type: ignore[arg-type]
    if (form := filter_form(request, ask, request.path)) is not None:
        return form
    shown = columns_for(ask.spec, ask.user, ask.columns)
    fields, cells = _wanted(shows, shown)
    if own := OwnCells(shown, ask.user):
        fields, cells = [*fields, "custom"], _with_own(cells, own)
    if ask.export:
        return export_list(request, ask, rows, shown, fields, cells, own)
    table = table_of(request, ask, rows, shown, fields, cells, own, actions, totals, empty_text)
    if request.headers.get("HX-Request") and ask.cursor:
        return render(request, "lists/_rows.html", {"table": table})
    return render(request, template, {**(context or {}), "table": table})


def _wanted(shows: Mapping[str, Show], shown: list[Column]) -> tuple[list[str], Cells]:
    """The fields that these columns need, and the cells made from them."""
    made = {c.name: shows[c.name] for c in shown if c.name in shows}
    fields = [f for c in shown for f in _needs(c, made)]
    makers = [(name, show.make) for name, show in made.items()]
    return list(dict.fromkeys(fields)), lambda row: {name: make(row) for name, make in makers}


def _needs(column: Column, made: Mapping[str, Show]) -> tuple[str, ...]:
    if column.field is not None:
        return ()
    return made[column.name].needs if column.name in made else (column.path,)


def filter_form(
    request: HttpRequest, ask: Asked, path: str, *, without: Iterable[str] = ()
) -> HttpResponseBase | None:
    """The form of all filters where htmx asks for it, on opening it; else None.

    `without`: columns that the page itself decides about and offers no filter for.
    """
    if not request.headers.get("HX-Target", "").endswith(FORM):
        return None
    hidden = set(without)
    columns = [c for c in ask.spec.columns if c.filterable]
    people = next((filters.choices_of(c, ask.user) for c in columns if c.is_person and c.choices is None), [])
    known = {
        c.name: people if c.is_person and c.choices is None else filters.choices_of(c, ask.user)
        for c in columns
    }
    form = [f for f in filters.form_fields(ask, known) if f.name.split("__")[0] not in hidden]
    context = {
        "path": path,
        "fields": form,
        "kept": filters.kept(ask, form),
        "is_filtered": ask.is_filtered,
        "clear_url": _at(path, urlencode(list(ask.other))),
    }
    return render(request, "lists/_filter_form.html", context)


def table_of(
    request: HttpRequest,
    ask: Asked,
    rows: QuerySet[Any],
    shown: list[Column],
    fields: Sequence[str],
    cells: Cells,
    own: OwnCells,
    actions: Iterable[tuple[str, Text]],
    totals: Totals | None,
    empty_text: Text,
) -> Table:
    user: User = request.user  # type: ignore[assignment]
    found = ask.apply(rows)
    page = ask.page(found, fields)
    path, query = request.path, _with_columns(ask)
    if page.next_cursor:
        following = urlencode(
            {"cursor": page.next_cursor, **({"limit": str(ask.limit)} if ask.limit != 50 else {})}
        )
        next_url = f"{path}?{query}&{following}" if query else f"{path}?{following}"
    else:
        next_url = ""
    select = _("Select %(name)s")
    own.learn(page.rows)
    lines = [_line(row, shown, cells, select) for row in page.rows]
    start: dict[str, Any] = {
        "resource": ask.spec.resource,
        "path": path,
        "query": query,
        "here": f"{path}?{query}" if query else path,
        "headings": [_heading(c, ask, path) for c in shown],
        "lines": lines,
        "next_url": next_url,
        "actions": [(url, str(label)) for url, label in actions],
    }
    if request.headers.get("HX-Request") and ask.cursor:
        return Table(**start)  # only more rows are wanted
    foot = totals(ask, found) if totals is not None else Foot(ask.count(found), {})
    return Table(
        **start,
        q=ask.q,
        has_search=bool(ask.spec.search),
        is_filtered=ask.is_filtered,
        clear_url=_at(path, urlencode(list(ask.other))),
        tabs=tuple(_tabs(ask, path)),
        chips=tuple(filters.chips(ask, path)),
        search_kept=tuple((k, v) for k, v in parse_qsl(query) if k != "q"),
        columns=tuple(_column_options(ask.spec, shown)),
        exports=tuple(_exports(ask, path, query)),
        may_share=may(user, "share_views"),
        total=foot.count,
        total_text=ngettext("%(count)s record", "%(count)s records", foot.count)
        % {"count": formats.number(foot.count)},
        foot=tuple(foot.texts.get(c.name, "") for c in shown) if foot.texts else (),
        empty_text=str(empty_text),
    )


def bar_of(ask: Asked, path: str) -> Table:
    """Saved views, filters and words for a page that shows the same rows otherwise, such as the board."""
    query = ask.query()
    return Table(
        resource=ask.spec.resource,
        path=path,
        query=query,
        here=_at(path, query),
        headings=[],
        lines=[],
        next_url="",
        actions=[],
        q=ask.q,
        has_search=bool(ask.spec.search),
        is_filtered=ask.is_filtered,
        clear_url=_at(path, urlencode(list(ask.other))),
        tabs=tuple(_tabs(ask, path)),
        chips=tuple(filters.chips(ask, path)),
        search_kept=tuple((k, v) for k, v in parse_qsl(query) if k != "q"),
        may_share=may(ask.user, "share_views"),
    )


def export_list(
    request: HttpRequest,
    ask: Asked,
    rows: QuerySet[Any],
    shown: list[Column],
    fields: Sequence[str],
    cells: Cells,
    own: OwnCells,
) -> HttpResponseBase:
    """The filtered list as a file, of the rows that the person may take out; it is noted who did."""
    user: User = request.user  # type: ignore[assignment]
    allowed = exportable(rows, ask.spec, user)
    commands.note_export(ask.spec.resource, ask.query(), ask.export, **acting(request))
    lines = (
        [_exported(row, c, given) for c in shown]
        for row, given in ((row, cells(row)) for row in own.learning(ask.walk(ask.apply(allowed), fields)))
    )
    header, kinds = [str(c.label) for c in shown], [c.kind for c in shown]
    name = f"{ask.spec.resource}-{timezone.localdate().isoformat()}"
    return export.file_of(ask.export, name, header, kinds, lines)


def exportable(rows: QuerySet[Any], spec: ListSpec, user: User) -> QuerySet[Any]:
    """Of these rows those that the person may take out of Takt; Forbidden where it is none at all."""
    owners = owners_within(user, spec.entity, "export")
    if owners is not None and not owners:
        raise Forbidden
    within: Any = getattr(rows, "within", None)
    return rows.filter(within(user, "export")) if within is not None else rows


def _with_own(cells: Cells, own: OwnCells) -> Cells:
    def both(row: Any) -> dict[str, Any]:
        held = {
            name: Cell(s.text, s.url, tone="muted" if s.is_hidden else "", value=s.value)
            for name, s in own.of(row).items()
        }
        return {**cells(row), **held}

    return both


def _exported(row: Any, column: Column, given: Mapping[str, Any]) -> Any:
    cell = given.get(column.name)
    if isinstance(cell, Cell) and cell.value is not None:
        return cell.value
    raw = getattr(row, column.path, None)
    if column.kind not in {"ref", "choice"} and hasattr(row, column.path):
        return timezone.localtime(raw) if isinstance(raw, dt.datetime) and timezone.is_aware(raw) else raw
    if cell is not None:
        return cell.text if isinstance(cell, Cell) else str(cell)
    return raw


_TONES = {
    "late": "t-late fw-5", "warn": "t-warn fw-5", "good": "t-good", "accent": "t-accent", "muted": "t-2",
    "strong": "fw-5",
}  # fmt: skip


def _line(row: Any, shown: list[Column], cells: Cells, select: str) -> Line:
    given = cells(row)
    found = [(column.is_number, _cell(row, column, given)) for column in shown]
    label = next((c.text for _is, c in found if c.text), str(row.id))
    placed = [
        (f"num end {_TONES.get(c.tone, '')}" if is_number else _TONES.get(c.tone, ""), c)
        for is_number, c in found
    ]
    return Line(row.id, select % {"name": label}, tuple(placed))


def _cell(row: Any, column: Column, given: Mapping[str, Any]) -> Cell:
    cell = given.get(column.name)
    if isinstance(cell, Cell):
        return cell
    if cell is not None:
        return Cell(cell)
    return Cell(plain(getattr(row, column.path, None)))


def plain(value: Any) -> str:
    """A value in the reader's form, by its type."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case int() | Decimal() | float():
            return formats.number(value)
        case dt.datetime():
            return formats.datetime_(value)
        case dt.date():
            return formats.date_short(value)
        case list():
            return ", ".join(str(v) for v in value)
    return str(value)


def _heading(column: Column, ask: Asked, path: str) -> Heading:
    is_number = column.is_number
    if not column.sort:
        return Heading(str(column.label), is_number, "", "")
    arrow = ""
    if ask.sort.lstrip("-") == column.name:
        arrow = "down" if ask.sort.startswith("-") else "up"
    # Words start from A, figures and times from the largest; a second click turns the order round.
    turned = {"up": f"-{column.name}", "down": column.name}
    first = column.name if column.kind in {"text", "choice", "ref"} else f"-{column.name}"
    sort = turned.get(arrow, first)
    query = ask.query(sort=sort if sort != ask.spec.default_sort else "")
    return Heading(str(column.label), is_number, _at(path, query), arrow)


def _tabs(ask: Asked, path: str) -> list[Tab]:
    current = _pairs(_with_columns(ask))
    other = list(ask.other)
    ready = [(_("All"), ""), *[(str(label), query) for label, query in ask.spec.views]]
    found = [
        Tab(label, _at(path, _joined(query, other)), _pairs(query, other) == current)
        for label, query in ready
    ]
    for view in views_of(ask.user, ask.spec.resource).order_by("position", "id")[:100]:
        is_own = view.owner_id == ask.user.pk
        query = view.query
        found.append(
            Tab(view.name, _at(path, query), _pairs(query) == current, view.pk, is_own, view.is_shared)
        )
    active = next((t for t in found if t.is_active and t.id is not None), None)
    return [Tab(t.label, t.url, False) if active and t.id is None else t for t in found]


def _pairs(query: str, more: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    return sorted([*parse_qsl(query), *more])


def _joined(query: str, more: list[tuple[str, str]]) -> str:
    return "&".join(part for part in (query, urlencode(more)) if part)


def _with_columns(ask: Asked) -> str:
    return ask.query(columns=",".join(ask.columns))


def _at(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _column_options(spec: ListSpec, shown: list[Column]) -> list[ColumnOption]:
    hidden = [c for c in spec.columns if c not in shown and c.where is None]
    return [ColumnOption(c.name, str(c.label), c in shown) for c in [*shown, *hidden]]


def _exports(ask: Asked, path: str, query: str) -> list[tuple[str, str]]:
    owners = owners_within(ask.user, ask.spec.entity, "export")
    if owners is not None and not owners:
        return []
    return [
        (label, _at(path, _joined(query, [("export", kind)])))
        for kind, label in (("csv", "CSV"), ("xlsx", "XLSX"))
    ]
