"""One's own fields as columns of a list: filtered, ordered, shown and exported like any other."""

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.paths import ORDERED, ORDERED_WORDS, value_at, words_at
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import Shown, shown
from takt.kernel.fields.values import Names, names_of
from takt.kernel.lists.spec import Choices, Column, Kind, ListSpec

CHUNK = 500
KINDS: dict[FieldKind, Kind] = {
    FieldKind.NUMBER: "number",
    FieldKind.MONEY: "money",
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "datetime",
    FieldKind.CHOICE: "choice",
    FieldKind.CHOICES: "choices",
    FieldKind.YES_NO: "bool",
    FieldKind.USER: "ref",
    FieldKind.COMPANY: "ref",
    FieldKind.CONTACT: "ref",
    FieldKind.FILE: "ref",
}


def with_own_columns(spec: ListSpec) -> ListSpec:
    """The list with the fields in use after its own columns; one question, and none where it can't have any."""
    if not spec.has_fields:
        return spec
    found = copy.copy(spec)  # a copy isn't listed anew
    own = tuple(_column(d) for d in fields_in_use(spec.entity))
    object.__setattr__(found, "columns", spec.columns + own)
    return found


def _column(definition: FieldDefinition) -> Column:
    return Column(
        definition.column,
        definition.name,
        kind=KINDS.get(FieldKind(definition.kind), "text"),
        sort=_sort(definition),
        choices=_choices(definition) if definition.is_choice else None,
        shown=False,
        nullable=True,
        field=definition,
    )


def _sort(definition: FieldDefinition) -> str | None:
    if definition.kind in ORDERED:
        return definition.column
    return f"by_{definition.column}" if definition.kind in ORDERED_WORDS else None


def _choices(definition: FieldDefinition) -> Choices:
    found: list[tuple[Any, Any]] = list(definition.labels().items())
    return lambda user: found


def annotated(rows: QuerySet[Any], columns: Iterable[Column]) -> QuerySet[Any]:
    """The rows with the values of these columns where they can be asked about."""
    for column in columns:
        if column.field is not None and column.path not in rows.query.annotations:
            rows = rows.annotate(**{column.path: value_at(column.field)})
            if column.sort is not None and column.sort != column.path:
                rows = rows.annotate(**{column.sort: words_at(column.field)})
    return rows


class OwnCells:
    """What the shown columns of one's own hold, row by row; names are looked up for many rows at once."""

    def __init__(self, columns: Iterable[Column], user: User | None) -> None:
        self.columns = {c.name: c.field for c in columns if c.field is not None}
        self.user = user
        self.names: Names = {}

    def __bool__(self) -> bool:
        return bool(self.columns)

    def learn(self, rows: Iterable[Any]) -> None:
        """Find the names that these rows need."""
        if self.columns:
            self.names = names_of(self.columns.values(), [row.custom for row in rows], self.user)

    def learning(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The rows as they come, their names found some hundred at a time."""
        for some in itertools.batched(rows, CHUNK):
            self.learn(some)
            yield from some

    def of(self, row: Any) -> Mapping[str, Shown]:
        return {name: shown(d, row.custom.get(d.slug), self.names) for name, d in self.columns.items()}
