"""A list's question, read from a URL: filters, words, order, page. What can't be read is refused."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Invalid, Problem
from takt.kernel.lib.search import matching
from takt.kernel.lists import keyset
from takt.kernel.lists.groups import DEEPEST, MOST_FILTERS, MOST_GROUPS, OR, Filter, Group, met, texts_of
from takt.kernel.lists.own import annotated, with_own_columns
from takt.kernel.lists.spec import Column, ListSpec, Sought
from takt.kernel.lists.values import Asker, Unreadable, clean_text, parts, read, yes_no

LIMIT, MOST = 50, 200
MOST_COUNTED = 10_000  # on a page; programs that ask for the count get it whole
OWN_WORDS = frozenset({"q", "sort", "limit", "cursor", "count", "columns", "export", "view"})


@dataclass(frozen=True)
class Counted:
    """How many rows there are; with `is_more`, that there are more than so many."""

    number: int
    is_more: bool = False


@dataclass(frozen=True)
class Asked:
    """What is wanted of a list; every part has been read and is safe to carry out."""

    spec: ListSpec
    user: User
    filters: tuple[Filter, ...] = ()
    q: str = ""
    sort: str = ""
    limit: int = LIMIT
    cursor: str = ""
    with_count: bool = False
    columns: tuple[str, ...] = ()
    export: str = ""
    other: tuple[tuple[str, str], ...] = field(default=())
    groups: tuple[Group, ...] = ()  # (A and B) or (C and D), beside `filters`, which hold for every row

    @property
    def order(self) -> keyset.Order:
        name = self.sort.lstrip("-")
        column = self.spec.column(name)
        return keyset.Order(
            path=self.spec.order_path(name) or "id",
            is_descending=self.sort.startswith("-"),
            nullable=column is not None and column.nullable,
            word=self.sort,
        )

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that meet every filter and word."""
        sorted_by = self.spec.column(self.sort.lstrip("-"))
        rows = annotated(rows, [*(f.column for f in self.whole.every), *([sorted_by] if sorted_by else [])])
        for wanted in self.filters:
            rows = rows.filter(met(rows, Group((wanted,))))
        if self.groups:
            rows = rows.filter(met(rows, Group(groups=self.groups)))
        if self.q:
            rows = rows.filter(self.sought.condition)
        return rows

    @cached_property
    def sought(self) -> Sought:
        """What the words mean in this list; asked once, since a list may look up how common they are."""
        search = self.spec.search
        found = search(self.q, self.user) if callable(search) else matching(self.q)
        return found if isinstance(found, Sought) else Sought(found)

    def page(self, rows: QuerySet[Any], fields: Iterable[str] | None = None) -> keyset.Page:
        """One page in order: named rows of `fields`, or whole records where none are named."""
        return keyset.page(rows, self.order, after=self.cursor, limit=self.limit, fields=fields)

    def walk(
        self, rows: QuerySet[Any], fields: Iterable[str] | None = None, size: int = 1000
    ) -> Iterator[Any]:
        """Every row in order, read page by page."""
        step = replace(self, cursor="", limit=size)
        while True:
            found = step.page(rows, fields)
            yield from found.rows
            if found.next_cursor is None:
                return
            step = replace(step, cursor=found.next_cursor)

    def count(self, rows: QuerySet[Any]) -> int:
        return rows.order_by().count()

    def count_shown(self, rows: QuerySet[Any]) -> Counted:
        """The number for a list's foot; of very many only that they are more than it says."""
        if self.q and (known := self.sought.more_than):
            return Counted(known, is_more=True)
        found = rows.order_by()[: MOST_COUNTED + 1].count()
        return Counted(min(found, MOST_COUNTED), is_more=found > MOST_COUNTED)

    def query(self, *, without: Iterable[str] = (), **changes: str) -> str:
        """The question as a URL query, from its first page; `changes` set or (when empty) drop a word."""
        gone = set(without)
        pairs = [(f.key, f.text) for f in self.filters if f.key not in gone]
        pairs += [(OR, text) for text in self.group_texts if OR not in gone]
        pairs += [(name, text) for name, text in self.other if name not in changes]
        words = {"q": self.q, "sort": "" if self.sort == self.spec.default_sort else self.sort} | changes
        pairs += [(name, text) for name, text in words.items() if text and name not in gone]
        return urlencode(pairs, safe=",@:")

    @property
    def group_texts(self) -> list[str]:
        """The groups as they stand in the URL."""
        return texts_of(self.groups)

    @property
    def whole(self) -> Group:
        """All filters as one group."""
        return Group(self.filters, self.groups)

    @property
    def paths(self) -> set[str]:
        """What filters and order ask of the rows."""
        columns = [f.column for f in self.whole.every]
        return {p for c in columns for p in (c.path, c.sort) if p} | {self.order.path}

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters or self.groups or self.q)


def asked(
    spec: ListSpec,
    params: Mapping[str, str] | QueryDict,
    user: User,
    *,
    at: dt.datetime | None = None,
    also: Iterable[str] = (),
    blanks: bool = False,
) -> Asked:
    """Read a URL's parameters; Invalid names every one that is unknown or can't be read.

    `also`: parameters of the page itself that are no filters and are kept in its links.
    `blanks`: empty parameters, as a form sends them, mean nothing instead of being refused.
    """
    day = timezone.localdate(at or dt.datetime.now(dt.UTC))
    reader = _Reader(with_own_columns(spec), Asker(user, day))
    for name, texts in _pairs(params):
        if blanks:
            texts = [t for t in texts if t]
        if texts:
            reader.take(name, texts, also)
    return reader.finish(user)


def _pairs(params: Mapping[str, str] | QueryDict) -> list[tuple[str, list[str]]]:
    if isinstance(params, QueryDict):
        return [(name, [str(t) for t in texts]) for name, texts in params.lists()]
    return [(name, [text]) for name, text in params.items()]


class _Reader:
    def __init__(self, spec: ListSpec, asker: Asker, depth: int = 0) -> None:
        self.spec, self.asker, self.depth = spec, asker, depth
        self.problems: list[Problem] = []
        self.filters: list[Filter] = []
        self.groups: list[Group] = []
        self.words: dict[str, Any] = {}
        self.other: list[tuple[str, str]] = []

    def wrong(self, name: str, message: str, code: str) -> None:
        shown = name[:80].replace("\x00", "")
        self.problems.append(Problem(shown, code, message % {"name": shown}))

    def take(self, name: str, texts: list[str], also: Iterable[str]) -> None:
        if name in also:
            self.other += [(name, t) for t in texts]
        elif name == OR:
            for text in texts:
                self.group(text)
        elif name in OWN_WORDS:
            try:
                self.words[name] = self.word(name, texts[-1])
            except Unreadable:
                self.wrong(name, _("The value of “%(name)s” can't be read."), "unreadable")
        else:
            self.filter(name, texts)

    def word(self, name: str, text: str) -> Any:
        match name:
            case "q":
                if not self.spec.search:
                    raise Unreadable
                return clean_text(text).strip()
            case "sort":
                if self.spec.order_path(text.removeprefix("-")) is None:
                    raise Unreadable
                return text
            case "limit":
                if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MOST:
                    raise Unreadable
                return int(text)
            case "count":
                return yes_no(text)
            case "columns":
                names = tuple(dict.fromkeys(parts(text)))
                if any((c := self.spec.column(n)) is None or c.where is not None for n in names):
                    raise Unreadable
                return names
            case "export" | "view":
                if text not in ({"csv", "xlsx"} if name == "export" else {"all"}):
                    raise Unreadable
                return text
        return clean_text(text, 2000)

    def group(self, text: str) -> None:
        """One alternative of the question: filters all of which a row of it meets, and groups inside it."""
        if self.depth >= DEEPEST:
            said = _("A group of filters can hold groups, and those hold none.")
            self.problems.append(Problem(OR, "too_deep", said))
            return
        inner = _Reader(self.spec, self.asker, self.depth + 1)
        try:
            pairs = parse_qsl(clean_text(text, 4000), keep_blank_values=True, strict_parsing=True)
        except (Unreadable, ValueError):
            self.wrong(OR, _("The value of “%(name)s” can't be read."), "unreadable")
            return
        for name in dict.fromkeys(n for n, _text in pairs):
            texts = [t for n, t in pairs if n == name]
            if name == OR:
                for one in texts:
                    inner.group(one)
            else:
                inner.filter(name, texts)
        self.problems += inner.problems
        if inner.filters or inner.groups:
            self.groups.append(Group(tuple(inner.filters), tuple(inner.groups)))

    def filter(self, name: str, texts: list[str]) -> None:
        field_name, _sep, operator = name.partition("__")
        column, operator = self.spec.column(field_name), operator or "eq"
        if column is None or not column.filterable or operator not in column.operators or name.endswith("__"):
            self.wrong(name, _("There is no filter “%(name)s”."), "unknown_filter")
            return
        if operator in {"eq", "ne"}:
            texts = [",".join(texts)]
        for text in texts:
            try:
                values = tuple(self.values(column, operator, text))
            except Unreadable:
                self.wrong(name, _("The value of “%(name)s” can't be read."), "unreadable")
            else:
                self.filters.append(Filter(column, operator, text, values))

    def values(self, column: Column, operator: str, text: str) -> Iterator[Any]:
        if operator == "empty":
            yield yes_no(text)
        elif operator in {"eq", "ne"}:
            for part in parts(text):
                yield read(column, part, self.asker)
        else:
            yield read(column, text, self.asker)

    def finish(self, user: User) -> Asked:
        whole = Group(tuple(self.filters), tuple(self.groups))
        if sum(1 for _one in whole.every) > MOST_FILTERS or whole.size > MOST_GROUPS:
            self.wrong("filters", _("These are too many filters at once."), "too_many")
        words = self.words
        found = Asked(
            spec=self.spec,
            user=user,
            filters=tuple(self.filters),
            groups=tuple(self.groups),
            q=words.get("q", ""),
            sort=words.get("sort", self.spec.default_sort),
            limit=words.get("limit", LIMIT),
            cursor=words.get("cursor", ""),
            with_count=words.get("count", False),
            columns=words.get("columns", ()),
            export=words.get("export", ""),
            other=tuple(self.other),
        )
        if found.cursor and not keyset.is_cursor(found.cursor, found.order):
            self.wrong("cursor", _("The value of “%(name)s” can't be read."), "unreadable")
        if self.problems:
            raise Invalid(errors=self.problems)
        return found
