"""Saved views and chosen columns of a person, and what acts on many came to."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from takt.kernel.accounts.models import User
from takt.kernel.lib.standing import standing
from takt.kernel.lists.acts import Doings
from takt.kernel.lists.asking import asked
from takt.kernel.lists.models import BulkItem, BulkRun, ColumnChoice, SavedView
from takt.kernel.lists.spec import Column, ListSpec

# Words of a list's address that choose no rows.
NO_ROWS = ("cursor", "limit", "count", "columns", "export", "sort", "view")
MOST_SHOWN = 200


def views_of(user: User, resource: str = "") -> QuerySet[SavedView]:
    """One's own views and those that are shared with everybody."""
    found = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
    return found.filter(resource=resource) if resource else found


def choice_of(user: User, resource: str) -> ColumnChoice | None:
    """How the person has set up a list."""
    return next(iter(_choice(user.pk, resource)), None)


@standing
def _choice(user: int, resource: str) -> QuerySet[ColumnChoice]:
    return ColumnChoice.objects.filter(user=user, resource=resource)


@standing
def views_in_order(user: int, resource: str) -> QuerySet[SavedView]:
    """The saved views among which the person chooses on a list."""
    mine = Q(owner=user) | Q(is_shared=True)
    return SavedView.objects.filter(mine, resource=resource).order_by("position", "id")[:100]


def columns_for(spec: ListSpec, choice: ColumnChoice | None, asked_for: tuple[str, ...] = ()) -> list[Column]:
    """The columns to show: those of the address, else the person's choice, else the standard ones."""
    names = list(asked_for) or (choice.columns if choice else [])
    found = [column for name in names if (column := spec.column(name)) is not None]
    return found or [column for column in spec.columns if column.shown]


def start_of(choice: ColumnChoice | None, user: User) -> str:
    """The query of the view that the person's list opens with; empty where it is the whole list."""
    if choice is None or not choice.start:
        return ""
    if not choice.start.isdigit():
        return choice.start
    found = views_of(user, choice.resource).filter(pk=int(choice.start)).values_list("query", flat=True)
    return found.first() or ""


def chosen_by(what: Doings, query: str, user: User) -> QuerySet[Any]:
    """The rows that a list's address leaves of what the person may see."""
    given = QueryDict(query.removeprefix("?"), mutable=True)
    for word in NO_ROWS:
        given.pop(word, None)
    rows: QuerySet[Any] = asked(what.spec, given, user, blanks=True).apply(what.rows(user))
    return rows


def left_out_of(run: BulkRun, what: Doings, user: User) -> tuple[list[tuple[str, str, str]], int]:
    """Records that an act, or its taking back, left as they are: name, address and reason; and how many in all.

    A record that the person may not see has no name here.
    """
    state = BulkItem.State.KEPT if run.state == BulkRun.State.UNDONE else BulkItem.State.SKIPPED
    items = BulkItem.objects.filter(run=run, state=state).order_by("record")
    some = list(items.values_list("record", "reason")[:MOST_SHOWN])
    rows = what.rows(user).filter(pk__in=[r for r, _why in some])
    names = dict(rows.values_list("pk", what.name))
    shown = [
        (str(names[r]), f"{what.path}/{r}" if what.has_pages else "", why) if r in names else ("", "", why)
        for r, why in some
    ]
    return shown, run.kept if run.state == BulkRun.State.UNDONE else run.skipped


def seconds_left(run: BulkRun) -> int | None:
    """How long the rest will take if it goes on as it went; None before there is anything to tell by."""
    done = run.done if run.state == BulkRun.State.RUNNING else run.returned + run.kept
    whole = run.total if run.state == BulkRun.State.RUNNING else run.changed
    if not done or not run.seconds:
        return None
    return max(1, round(run.seconds / done * (whole - done)))
