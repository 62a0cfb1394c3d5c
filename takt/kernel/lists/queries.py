"""Saved views and chosen columns of a person."""

from django.db.models import Q, QuerySet

from takt.kernel.accounts.models import User
from takt.kernel.lists.models import ColumnChoice, SavedView
from takt.kernel.lists.spec import Column, ListSpec


def views_of(user: User, resource: str = "") -> QuerySet[SavedView]:
    """One's own views and those that are shared with everybody."""
    found = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
    return found.filter(resource=resource) if resource else found


def columns_for(spec: ListSpec, user: User, asked_for: tuple[str, ...] = ()) -> list[Column]:
    """The columns to show: those of the address, else the person's choice, else the standard ones."""
    names = list(asked_for)
    if not names:
        choice = ColumnChoice.objects.filter(user=user, resource=spec.resource).first()
        names = choice.columns if choice else []
    found = [column for name in names if (column := spec.column(name)) is not None]
    return found or [column for column in spec.columns if column.shown]
