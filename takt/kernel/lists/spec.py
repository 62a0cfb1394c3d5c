"""What a list can show, be filtered and ordered by; each room declares its own in `lists.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q

from takt.kernel.lib.refusals import Text

type Kind = Literal["text", "number", "money", "date", "datetime", "choice", "choices", "bool", "ref", "tags"]
type Choices = Callable[[Any], list[tuple[Any, Text]]]

OPERATORS: dict[str, tuple[str, ...]] = {
    "text": ("eq", "ne", "contains", "empty"),
    "number": ("eq", "ne", "gte", "lte", "gt", "lt", "empty"),
    "money": ("eq", "ne", "gte", "lte", "gt", "lt", "empty"),
    "date": ("eq", "ne", "gte", "lte", "gt", "lt", "empty"),
    "datetime": ("eq", "ne", "gte", "lte", "gt", "lt", "empty"),
    "choice": ("eq", "ne", "empty"),
    "choices": ("eq", "ne", "empty"),
    "bool": ("eq", "ne"),
    "ref": ("eq", "ne", "empty"),
    "tags": ("eq", "ne", "contains", "empty"),
}
PEOPLE = frozenset(
    {
        *("owner", "assignee", "author", "created_by", "deleted_by", "manager", "user"),
        *("participant", "watcher", "shared_with"),
    }
)


@dataclass(frozen=True)
class Sought:
    """The condition for the words that were typed; `more_than` where so many rows meet it that they aren't counted."""

    condition: Q
    more_than: int = 0


@dataclass(frozen=True)
class Column:
    """One field of a list. `path` is where its value stands, `sort` what it is ordered by (None: not ordered).

    A `ref` named owner, assignee, author, created_by, deleted_by, manager or user is a person: he may be given by id,
    by e-mail or as `me`. Both paths may also name an annotation of the QuerySet.
    """

    name: str
    label: Text
    kind: Kind = "text"
    path: str = ""
    sort: str | None = None
    choices: Choices | None = None
    filterable: bool = True
    shown: bool = True
    nullable: bool = False
    field: Any = None  # the FieldDefinition behind a column of one's own
    expression: Any = None  # computed by the database under the name of `path`, where it is asked about
    # Where no path leads to it: the condition for any of these values, None for any value at all. Such a column is
    # filtered by, never shown.
    where: Callable[[tuple[Any, ...] | None], Q] | None = None

    def __post_init__(self) -> None:
        if not self.path:
            object.__setattr__(self, "path", self.name)

    @property
    def is_person(self) -> bool:
        if self.field is not None:
            return bool(self.field.kind == "user")
        return self.kind == "ref" and self.name in PEOPLE

    @property
    def is_number(self) -> bool:
        return self.kind in {"number", "money"}

    @property
    def operators(self) -> tuple[str, ...]:
        found = OPERATORS[self.kind]
        return found if self.field is None or "empty" in found else (*found, "empty")


@dataclass(frozen=True)
class ListSpec:
    """A list's address word (`deals`), the kind of record its rights belong to, and its columns.

    `search` is True for models with search columns, or a function from the words and the reader to a condition.
    `views` are ready-made tabs: label and URL query. `has_fields`: its records can have fields of one's own.
    """

    resource: str
    entity: str
    columns: tuple[Column, ...]
    default_sort: str = "id"
    search: bool | Callable[[str, Any], "Q | Sought"] = False
    views: tuple[tuple[Text, str], ...] = ()
    has_fields: bool = False

    def __post_init__(self) -> None:
        listed[self.resource] = self

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    def order_path(self, name: str) -> str | None:
        """What the list is ordered by under this name; None where it can't be."""
        column = self.column(name)
        if column is not None and column.sort:
            return column.sort
        return name if name == self.default_sort.lstrip("-") else None


listed: dict[str, ListSpec] = {}
