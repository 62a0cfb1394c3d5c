"""Saved views, chosen columns, and the note that a list was taken out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, may
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.lists.asking import asked
from takt.kernel.lists.events import (
    ColumnsChosen,
    ListExported,
    ListSetUp,
    ViewChanged,
    ViewDeleted,
    ViewRenamed,
    ViewSaved,
    ViewShared,
    ViewUnshared,
)
from takt.kernel.lists.models import ColumnChoice, SavedView
from takt.kernel.lists.own import with_own_columns
from takt.kernel.lists.spec import ListSpec, listed

# Words of a page's address that belong to one visit, not to the view.
PASSING = frozenset({"cursor", "export", "limit", "count", "view"})


@command
def save_view(
    resource: str, name: str, query: str, *, is_shared: bool = False, by: Actor, at: dt.datetime
) -> SavedView:
    """Keep a list's filters, order and columns under a name; sharing needs the right to."""
    if is_shared:
        demand(by, "share_views")
    spec = _spec(resource)
    row = SavedView(
        resource=resource,
        name=_clean_name(name),
        query=_clean_query(spec, query, by),
        owner=by.user,
        is_shared=is_shared,
        position=min(SavedView.objects.filter(owner_id=by.user_id, resource=resource).count(), 32_000),
        created_at=at,
    )
    _save(row)
    fact = ViewSaved(resource=resource, name=row.name, query=row.query, is_shared=is_shared)
    record(fact, about=("view", row.pk), by=by, at=at)
    return row


@command
def rename_view(view: int, name: str, *, by: Actor, at: dt.datetime, version: int | None = None) -> SavedView:
    """Give one's own view another name."""
    row = _own(view, by, version)
    old, row.name = row.name, _clean_name(name)
    if old != row.name:
        _changed(row)
        record(ViewRenamed(old=old, new=row.name), about=("view", row.pk), by=by, at=at)
    return row


@command
def change_view(
    view: int, query: str, *, by: Actor, at: dt.datetime, version: int | None = None
) -> SavedView:
    """Keep other filters, order and columns under the same name."""
    row = _own(view, by, version)
    old, row.query = row.query, _clean_query(_spec(row.resource), query, by)
    if old != row.query:
        _changed(row)
        record(ViewChanged(name=row.name, old=old, new=row.query), about=("view", row.pk), by=by, at=at)
    return row


@command
def share_view(
    view: int, is_shared: bool = True, *, by: Actor, at: dt.datetime, version: int | None = None
) -> SavedView:
    """Show the view to everybody, or to its owner alone; the rows stay those each may see."""
    demand(by, "share_views")
    row = _own(view, by, version)
    if row.is_shared != is_shared:
        row.is_shared = is_shared
        _changed(row)
        fact = ViewShared(name=row.name) if is_shared else ViewUnshared(name=row.name)
        record(fact, about=("view", row.pk), by=by, at=at)
    return row


@command
def edit_view(
    view: int, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> SavedView:
    """Rename, other filters and sharing in one act; fields that are None stay."""
    row = _own(view, by, version)
    if changes.get("name") is not None:
        row = rename_view(view, changes["name"], by=by, at=at)
    if changes.get("query") is not None:
        row = change_view(view, changes["query"], by=by, at=at)
    if changes.get("is_shared") is not None:
        row = share_view(view, changes["is_shared"], by=by, at=at)
    return row


@command
def delete_view(view: int, *, by: Actor, at: dt.datetime, version: int | None = None) -> None:
    """Take one's own view off the list; nobody else may."""
    row = _own(view, by, version)
    number = row.pk
    row.delete()
    fact = ViewDeleted(resource=row.resource, name=row.name, query=row.query)
    record(fact, about=("view", number), by=by, at=at)


@command
def choose_columns(resource: str, columns: Sequence[str], *, by: Actor, at: dt.datetime) -> None:
    """Which columns the person sees in a list, in this order; none brings the standard ones back, and their widths."""
    spec = with_own_columns(_spec(resource))
    names = list(dict.fromkeys(columns))
    if any(spec.column(name) is None for name in names):
        raise Invalid.field("columns", _("There is no such column."), "unknown")
    changes: dict[str, Any] = {"columns": names} if names else {"columns": [], "widths": {}}
    ColumnChoice.objects.update_or_create(user=by.user, resource=resource, defaults=changes)
    record(ColumnsChosen(resource=resource, columns=names), about=("user", by.user_id or 0), by=by, at=at)


NARROWEST, WIDEST = 48, 900


@command
def set_widths(resource: str, widths: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """How wide the person has some columns, in pixels; an empty width is the natural one again."""
    spec = with_own_columns(_spec(resource))
    row, _made = ColumnChoice.objects.select_for_update().get_or_create(user=by.user, resource=resource)
    kept = {name: width for name, width in row.widths.items() if spec.column(name) is not None}
    for name, given in widths.items():
        text = str(given or "")
        if spec.column(name) is None:
            raise Invalid.field("columns", _("There is no such column."), "unknown")
        if text and not (text.isascii() and text.isdigit() and len(text) < 5):
            raise Invalid.field(name, _("Enter a whole number."), "unreadable")
        kept.pop(name, None)
        if text:
            kept[name] = min(max(int(text), NARROWEST), WIDEST)
    _set_up(row, {"widths": kept}, by=by, at=at)


@command
def open_with(resource: str, start: str, *, by: Actor, at: dt.datetime) -> None:
    """With which view the person's list opens: a saved view by its id, a ready-made one by its query, or none."""
    spec = _spec(resource)
    text = start.strip().removeprefix("?")
    if text.isascii() and text.isdigit():
        if len(text) > 18 or not views_of_person(by, resource).filter(pk=int(text)).exists():
            raise NotFound
    elif text and text not in {query for _label, query in spec.views}:
        raise Invalid.field("start", _("There is no such view."), "unknown")
    row, _made = ColumnChoice.objects.select_for_update().get_or_create(user=by.user, resource=resource)
    _set_up(row, {"start": text}, by=by, at=at)


@command
def keep_board(resource: str, fields: Sequence[str], sort: str, *, by: Actor, at: dt.datetime) -> None:
    """What the cards of the person's board show beside the rest, and how they are ordered; its room has checked both."""
    row, _made = ColumnChoice.objects.select_for_update().get_or_create(user=by.user, resource=resource)
    _set_up(row, {"columns": list(fields), "start": sort}, by=by, at=at)


def views_of_person(by: Actor, resource: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(Q(owner=by.user) | Q(is_shared=True), resource=resource)


def _set_up(row: ColumnChoice, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
    if all(getattr(row, name) == value for name, value in changes.items()):
        return
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    fact = ListSetUp(resource=row.resource, start=row.start, widths=row.widths)
    record(fact, about=("user", by.user_id or 0), by=by, at=at)


@command
def note_export(resource: str, query: str, file_format: str, *, by: Actor, at: dt.datetime) -> None:
    """Remember who took which list out of Takt."""
    fact = ListExported(resource=resource, query=query, format=file_format)
    record(fact, about=("user", by.user_id or 0), by=by, at=at)


def _spec(resource: str) -> ListSpec:
    if resource not in listed:
        raise Invalid.field("resource", _("There is no such list."), "unknown")
    return listed[resource]


def _clean_name(name: str) -> str:
    checks = Checks()
    found = checks.text("name", name, most=80, required=True)
    checks.finish()
    return found


def _clean_query(spec: ListSpec, query: str, by: Actor) -> str:
    if len(query) > 4000 or "\x00" in query:
        raise Invalid.field("query", _("The view's address is too long."), "too_long")
    found = QueryDict(query.removeprefix("?"), mutable=True)
    for word in PASSING:
        found.pop(word, None)
    asked(spec, found, by.user)
    return found.urlencode(safe=",@:")


def _own(view: int, by: Actor, version: int | None) -> SavedView:
    """The view, locked: one's own, or a shared one for an administrator."""
    row = SavedView.objects.select_for_update().filter(pk=view).first()
    if row is None or (row.owner_id != by.user_id and not row.is_shared):
        raise NotFound
    if row.owner_id != by.user_id and not may(by, "administer"):
        raise Forbidden
    if version is not None and row.version != version:
        raise Stale
    return row


def _changed(row: SavedView) -> None:
    row.version += 1
    _save(row)


def _save(row: SavedView) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Invalid.field("name", _("You already have a view of this name."), "taken") from None
