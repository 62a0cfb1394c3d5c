"""The body of a list page: saved views, filters, table, columns, export. A view calls `list_page`."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import granted, may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Text
from takt.kernel.lists import commands, export, filters
from takt.kernel.lists.acts import Doings, doings
from takt.kernel.lists.asking import Asked, Counted, asked
from takt.kernel.lists.cells import Cells, Line, Show, cells_for, exported, line_of, with_own
from takt.kernel.lists.commands.bulk import may_do
from takt.kernel.lists.filter_forms import filter_form
from takt.kernel.lists.heads import (
    WHOLE,
    ColumnOption,
    Heading,
    Tab,
    address,
    columns_to_choose,
    exports_of,
    heading_of,
    tabs_of,
    with_columns,
)
from takt.kernel.lists.models import ColumnChoice
from takt.kernel.lists.own import OwnCells
from takt.kernel.lists.queries import choice_of, columns_for, start_of
from takt.kernel.lists.spec import Column, ListSpec
from takt.kernel.ui import formats

type Rows = Callable[[Container[str]], QuerySet[Any]]
type Totals = Callable[[Asked, QuerySet[Any]], "Foot"]


@dataclass(frozen=True)
class Foot:
    """What a list adds up to: how many rows, and texts by column name."""

    count: int
    texts: Mapping[str, str]
    is_more: bool = False  # there are more than `count`


@dataclass(frozen=True)
class BulkAct:
    """A button of the bulk bar."""

    url: str
    label: str
    tone: str = ""
    is_for_some: bool = False  # knows chosen rows only, not a whole filter


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
    is_more: bool = False  # there are more than `total`
    total_text: str = ""
    foot: tuple[str, ...] = ()
    empty_text: str = ""

    @property
    def active(self) -> Tab | None:
        return next((t for t in self.tabs if t.is_active), None)


def list_page(
    request: HttpRequest,
    spec: ListSpec,
    rows: QuerySet[Any] | Rows,
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

    `rows` is what `visible_to` allows, not yet filtered, or gives that for the names of all that will be asked of
    it. Only what the shown columns need is read.
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
    fields, cells = cells_for(shows, shown)
    if own := OwnCells(shown, ask.user):
        fields, cells = [*fields, "custom"], with_own(cells, own)
    if not isinstance(rows, QuerySet):
        rows = rows({*fields, *ask.paths})
    if ask.export:
        return export_list(request, ask, rows, shown, fields, cells, own)
    only = request.headers.get("X-Takt-Row", "")
    if only.isascii() and only.isdigit() and len(only) < 19:
        return _row_again(request, ask, rows, int(only), shown, fields, cells, own)
    table = table_of(request, ask, rows, shown, fields, cells, own, choice, actions, totals, empty_text)
    if request.headers.get("HX-Request") and ask.cursor:
        return render(request, "lists/_rows.html", {"table": table})
    return render(request, template, {**(context or {}), "table": table})


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
    lines = [line_of(row, shown, looks, cells, _("Select %(name)s")) for row in page.rows]
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
    path, query = request.path, with_columns(ask)
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
    lines = [line_of(row, shown, looks, cells, select) for row in page.rows]
    start: dict[str, Any] = {
        "resource": ask.spec.resource,
        "path": path,
        "query": query,
        "here": f"{path}?{query}" if query else path,
        "headings": [heading_of(c, ask, path, widths.get(c.name)) for c in shown],
        "lines": lines,
        "next_url": next_url,
        "actions": actions,
    }
    if request.headers.get("HX-Request") and ask.cursor:
        return Table(**start)  # only more rows are wanted
    foot = totals(ask, found) if totals is not None else _counted(ask.count_shown(found))
    return Table(
        **start,
        q=ask.q,
        has_search=bool(ask.spec.search),
        is_filtered=ask.is_filtered,
        clear_url=address(path, urlencode(list(ask.other))),
        tabs=tuple(tabs_of(ask, path, choice.start if choice is not None else "")),
        chips=tuple(filters.chips(ask, path)),
        groups=tuple(filters.groups(ask, path)),
        filter_query=ask.query(sort=""),
        has_whole=any(not a.is_for_some for a in actions),
        width=_width(shown, widths, bool(actions)),
        search_kept=tuple((k, v) for k, v in parse_qsl(query) if k != "q"),
        columns=tuple(columns_to_choose(ask.spec, shown)),
        exports=tuple(exports_of(ask, path, query)),
        may_share=may(user, "share_views"),
        total=foot.count,
        is_more=foot.is_more,
        total_text=_total_text(foot),
        foot=tuple(foot.texts.get(c.name, "") for c in shown) if foot.texts else (),
        empty_text=str(empty_text),
    )


def _counted(found: Counted) -> Foot:
    return Foot(found.number, {}, is_more=found.is_more)


def _total_text(foot: Foot) -> str:
    number = {"count": formats.number(foot.count)}
    if foot.is_more:
        return ngettext("More than %(count)s record", "More than %(count)s records", foot.count) % number
    return ngettext("%(count)s record", "%(count)s records", foot.count) % number


def bar_of(ask: Asked, path: str) -> Table:
    """Saved views, filters and words for a page that shows the same rows otherwise, such as the board."""
    query = ask.query()
    return Table(
        resource=ask.spec.resource,
        path=path,
        query=query,
        here=address(path, query),
        headings=[],
        lines=[],
        next_url="",
        actions=[],
        q=ask.q,
        has_search=bool(ask.spec.search),
        is_filtered=ask.is_filtered,
        clear_url=address(path, urlencode(list(ask.other))),
        tabs=tuple(tabs_of(ask, path)),
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
        [*(exported(row, c, given) for c in shown), row.id]
        for row, given in ((row, cells(row)) for row in own.learning(ask.walk(ask.apply(allowed), fields)))
    )
    # With its number each row is known again when the file, changed elsewhere, is imported.
    header, kinds = [*(str(c.label) for c in shown), "takt_id"], [*(c.kind for c in shown), "integer"]
    name = f"{ask.spec.resource}-{timezone.localdate().isoformat()}"
    return export.file_of(ask.export, name, header, kinds, lines)


def exportable(rows: QuerySet[Any], spec: ListSpec, user: User) -> QuerySet[Any]:
    """Of these rows those that the person may take out of Takt; Forbidden where it is none at all."""
    owners = owners_within(user, spec.entity, "export")
    if owners is not None and not owners:
        raise Forbidden
    within: Any = getattr(rows, "within", None)
    return rows.filter(within(user, "export")) if within is not None else rows
