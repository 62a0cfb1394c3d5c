"""The body of a list page: saved views, filters, table, columns, export. A view calls `list_page`."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import granted, may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Text
from takt.kernel.lists import commands, export, filters
from takt.kernel.lists.acts import Doings, doings
from takt.kernel.lists.asking import Asked, asked, filters_text
from takt.kernel.lists.commands.bulk import may_do
from takt.kernel.lists.models import ColumnChoice
from takt.kernel.lists.own import OwnCells
from takt.kernel.lists.queries import choice_of, columns_for, start_of, views_in_order
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.ui import formats

type Cells = Callable[[Any], Mapping[str, Any]]
type Totals = Callable[[Asked, QuerySet[Any]], "Foot"]

FORM = "ls-form-body"  # the element that htmx fills with the filter form when it is opened
_GROUP = re.compile(rf"or-(\d{{1,2}})-{FORM}$", re.ASCII)  # that of one alternative
WHOLE = ("view", "all")  # in the links of a list that would open with a view otherwise


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
    """One row of the table: each cell after its attributes."""

    id: int
    select: str  # what its check box is called
    cells: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class BulkAct:
    """A button of the bulk bar."""

    url: str
    label: str
    tone: str = ""
    is_for_some: bool = False  # knows chosen rows only, not a whole filter


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
    actions: list[BulkAct]
    q: str = ""
    has_search: bool = False
    is_filtered: bool = False
    clear_url: str = ""
    tabs: tuple[Tab, ...] = ()
    chips: tuple[filters.Chip, ...] = ()
    groups: tuple[filters.Group, ...] = ()
    has_whole: bool = False  # acts may be done with all rows of the filter
    filter_query: str = ""  # what chooses the rows, for acts on all of them
    width: int | None = None
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

    `rows` is what `visible_to` allows, not yet filtered. Only what the shown columns need is read.
    `totals(ask, filtered rows)` counts the rows and gives the foot's texts. What can be done with many rows, and
    which cells can be changed, the room has declared as its `Doings`, and `actions` are (url, label) of
    further ones.
    """
    user: User = request.user  # type: ignore[assignment]
    choice = choice_of(user, spec.resource)
    if not request.GET and not request.headers.get("HX-Request") and (start := start_of(choice, user)):
        return HttpResponseRedirect(f"{request.path}?{start}")
    ask = asked(spec, request.GET, user, also=also, blanks=True)
    if choice is not None and choice.start:
        ask = replace(ask, other=(*ask.other, WHOLE))
    if (form := filter_form(request, ask, request.path)) is not None:
        return form
    shown = columns_for(ask.spec, choice, ask.columns)
    fields, cells = _wanted(shows, shown)
    if own := OwnCells(shown, ask.user):
        fields, cells = [*fields, "custom"], _with_own(cells, own)
    if ask.export:
        return export_list(request, ask, rows, shown, fields, cells, own)
    only = request.headers.get("X-Takt-Row", "")
    if only.isascii() and only.isdigit() and len(only) < 19:
        return _row_again(request, ask, rows, int(only), shown, fields, cells, own)
    table = table_of(request, ask, rows, shown, fields, cells, own, choice, actions, totals, empty_text)
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
    target = request.headers.get("HX-Target", "")
    if not target.endswith(FORM):
        return None
    of_group = _GROUP.search(target)
    hidden = set(without)
    columns = [c for c in ask.spec.columns if c.filterable]
    people = next((filters.choices_of(c, ask.user) for c in columns if c.is_person and c.choices is None), [])
    known = {
        c.name: people if c.is_person and c.choices is None else filters.choices_of(c, ask.user)
        for c in columns
    }
    told = ask if of_group is None else _alone(ask, int(of_group[1]))
    form = [f for f in filters.form_fields(told, known) if f.name.split("__")[0] not in hidden]
    kept = filters.kept(told, form)
    if of_group is not None:
        kept += _around(ask, int(of_group[1]))
    context = {
        "path": path,
        "fields": form,
        "kept": kept,
        "is_group": of_group is not None,
        "is_filtered": told.is_filtered,
        "clear_url": _at(path, urlencode(list(ask.other))),
    }
    return render(request, "lists/_filter_form.html", context)


def _alone(ask: Asked, place: int) -> Asked:
    """One alternative as a question of its own; an empty one where it is new."""
    group = ask.groups[place] if place < len(ask.groups) else ()
    return replace(ask, filters=group, groups=(), q="", sort=ask.spec.default_sort, other=())


def _around(ask: Asked, place: int) -> list[tuple[str, str]]:
    """What stands beside one alternative and is sent along with its form.

    Before there are alternatives, the filters in force become the first of them.
    """
    texts, top = ask.group_texts, filters_text(ask.filters)
    if not texts and top:
        texts, top = [top], ""
        place += 1
    rest = replace(ask, filters=(), groups=()).query()
    return [("_group", str(place)), ("_top", top), ("_rest", rest), *(("_or", text) for text in texts)]


def _row_again(
    request: HttpRequest,
    ask: Asked,
    rows: QuerySet[Any],
    pk: int,
    shown: list[Column],
    fields: Sequence[str],
    cells: Cells,
    own: OwnCells,
) -> HttpResponseBase:
    """One row as it is now, whether or not it still meets the filters; nothing where it isn't seen any more."""
    user: User = request.user  # type: ignore[assignment]
    what = doings.get(ask.spec.resource)
    found = replace(ask, filters=(), groups=(), q="", cursor="", limit=1)
    page = found.page(found.apply(rows).filter(pk=pk), fields)
    own.learn(page.rows)
    looks = _looks(shown, what, user)
    lines = [_line(row, shown, looks, cells, _("Select %(name)s")) for row in page.rows]
    table = {"lines": lines, "actions": _actions(what, user)}
    return render(request, "lists/_rows.html", {"table": table})


def _actions(what: Doings | None, user: User) -> list[BulkAct]:
    """What the person may do with many rows."""
    if what is None:
        return []
    base = f"/lists/{what.spec.resource}/bulk"
    return [
        BulkAct(f"{base}/{act.name}", str(act.label), "late" if act.is_ending else "")
        for act in what.acts
        if act.is_listed and may_do(user, what, act)
    ]


def _looks(shown: list[Column], what: Doings | None, user: User) -> list[tuple[str, bool]]:
    """Of each column what its cells are marked with: how they stand, and whether they can be changed in their place."""
    changed: set[str] = set()
    if what is not None and what.change is not None and _may_edit(what, user):
        changed = {
            c.name
            for c in shown
            if c.field is not None or c.name in what.editors and what.editors[c.name].one
        }
    return [(f' data-e="{c.name}"' if c.name in changed else "", c.is_number) for c in shown]


def _may_edit(what: Doings, user: User) -> bool:
    if what.may_act is not None:
        return what.may_act(user, "edit")
    owners = owners_within(user, what.spec.entity, "edit")
    return owners is None or bool(owners or granted(user, what.spec.entity, "edit"))


CHECK_WIDTH, NATURAL_WIDTH = 44, 140


def _width(shown: list[Column], widths: Mapping[str, int], has_boxes: bool) -> int | None:
    """How wide the whole table is once the person has drawn a column."""
    if not any(c.name in widths for c in shown):
        return None
    return sum(widths.get(c.name, NATURAL_WIDTH) for c in shown) + (CHECK_WIDTH if has_boxes else 0)


def table_of(
    request: HttpRequest,
    ask: Asked,
    rows: QuerySet[Any],
    shown: list[Column],
    fields: Sequence[str],
    cells: Cells,
    own: OwnCells,
    choice: ColumnChoice | None,
    given: Iterable[tuple[str, Text]],
    totals: Totals | None,
    empty_text: Text,
) -> Table:
    user: User = request.user  # type: ignore[assignment]
    widths = choice.widths if choice is not None else {}
    what = doings.get(ask.spec.resource)
    actions = [*_actions(what, user), *(BulkAct(url, str(label), is_for_some=True) for url, label in given)]
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
    looks = _looks(shown, what, user)
    lines = [_line(row, shown, looks, cells, select) for row in page.rows]
    start: dict[str, Any] = {
        "resource": ask.spec.resource,
        "path": path,
        "query": query,
        "here": f"{path}?{query}" if query else path,
        "headings": [_heading(c, ask, path, widths.get(c.name)) for c in shown],
        "lines": lines,
        "next_url": next_url,
        "actions": actions,
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
        tabs=tuple(_tabs(ask, path, choice.start if choice is not None else "")),
        chips=tuple(filters.chips(ask, path)),
        groups=tuple(filters.groups(ask, path)),
        filter_query=ask.query(sort=""),
        has_whole=any(not a.is_for_some for a in actions),
        width=_width(shown, widths, bool(actions)),
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
        groups=tuple(filters.groups(ask, path)),
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


def _line(row: Any, shown: list[Column], looks: list[tuple[str, bool]], cells: Cells, select: str) -> Line:
    given = cells(row)
    found = [_cell(row, column, given) for column in shown]
    label = next((c.text for c in found if c.text), str(row.id))
    placed = [
        (_attributes(mark, is_number, c.tone), c) for (mark, is_number), c in zip(looks, found, strict=True)
    ]
    return Line(row.id, select % {"name": label}, tuple(placed))


@cache
def _attributes(mark: str, is_number: bool, tone: str) -> Markup:
    """The attributes of a cell; there are few kinds, and names of columns hold nothing to escape."""
    css = " ".join(part for part in ("num end" if is_number else "", _TONES.get(tone, "")) if part)
    return Markup(f' class="{css}"{mark}' if css else mark)


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


def _heading(column: Column, ask: Asked, path: str, width: int | None = None) -> Heading:
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
    return Heading(column.name, width, str(column.label), is_number, _at(path, query), arrow)


def _tabs(ask: Asked, path: str, start: str = "") -> list[Tab]:
    current = _pairs(_with_columns(ask))
    other = list(ask.other)
    ready = [(_("All"), ""), *[(str(label), query) for label, query in ask.spec.views]]
    found = [
        Tab(
            label,
            _at(path, _joined(query, other)),
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
                _at(path, query),
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
