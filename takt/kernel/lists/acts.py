"""What can be done with many records of a list, and how one cell is changed in its place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input
from takt.kernel.lib.refusals import Refusal, Text
from takt.kernel.lists.spec import ListSpec
from takt.kernel.undo.images import Image

AT_ONCE = 500  # a larger act runs in the background
MOST_BY_IDS = 5000


@dataclass
class Outcome:
    """What became of each record: changed (with the way back), as wanted already, or left out and why."""

    changed: dict[int, Image] = field(default_factory=dict)
    same: list[int] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)

    def skip(self, ids: Iterable[int], reason: Text) -> None:
        self.skipped |= dict.fromkeys(ids, str(reason))

    def refuse(self, pk: int, refusal: Refusal) -> None:
        """Leave a record out for what the rules say of it."""
        sentences = [str(p.message) for p in refusal.errors] or [str(refusal.detail)]
        self.skipped[pk] = " ".join(sentences)[:400]


@dataclass(frozen=True)
class Act:
    """One thing to be done with many records: how it is called and asked for, and the command that does it.

    `carry(ids, arguments, by=, at=, batch=)` answers an Outcome. `back(images, by=, at=, batch=)` puts records back
    and answers those that it had to leave, with the reason. `arguments` are plain JSON: `read` makes them of a form
    and `check(arguments, by)` refuses what can't be carried out on any record. Without `back` nothing is offered to be
    taken back; what isn't listed has a page of its own that asks; `said(count)` tells what came of it.
    """

    name: str
    label: Text
    carry: Callable[..., Outcome]
    back: Callable[..., dict[int, str]] | None
    inputs: Callable[[User, list[int]], list[Input]] = lambda user, ids: []
    read: Callable[[QueryDict], dict[str, Any]] = lambda form: {}
    check: Callable[..., None] = lambda arguments, by: None
    may: str = "edit"
    about: Text = ""
    is_ending: bool = False  # its button is red
    is_listed: bool = True
    said: Callable[[int], str] | None = None


@dataclass(frozen=True)
class Editor:
    """How a column is changed: the input for it and how what was typed is read.

    `value(record)` is what the input holds, `options(user, record)` what it offers for choice. `one` is False for what
    is never changed in one row's cell, `many` for what makes no sense for many rows at once.
    """

    kind: str = "text"  # text, textarea, number, date, datetime-local, money, one, pick, tags
    value: Callable[[Any], Any] | None = None
    options: Callable[[User, Any], Sequence[tuple[Any, Text]]] | None = None
    pick: str = ""
    is_required: bool = False
    one: bool = True
    many: bool = True


@dataclass(frozen=True)
class Doings:
    """All that can be changed from a list. `rows(user)` is what may be seen, `name` the field it is called by.

    `change(pk, column, value, by=, at=, version=)` is the ordinary command for one field.
    """

    spec: ListSpec
    rows: Callable[[Any], Any]
    path: str
    name: str = "name"
    acts: tuple[Act, ...] = ()
    editors: Mapping[str, Editor] = field(default_factory=dict)
    change: Callable[..., Any] | None = None
    may_act: Callable[[Any, str], bool] | None = None  # where rights hang on no owner
    has_pages: bool = True  # each record stands at path/pk

    def __post_init__(self) -> None:
        doings[self.spec.resource] = self

    def act(self, name: str) -> Act | None:
        return next((a for a in self.acts if a.name == name), None)


doings: dict[str, Doings] = {}
