"""What a person may add to the cards of his board, two fields at most, and the order that he keeps."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import shown
from takt.kernel.fields.values import names_of
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.models import ColumnChoice
from takt.kernel.lists.queries import choice_of
from takt.kernel.ui import formats

RESOURCE, MOST = "board", 2
SORTS: tuple[tuple[str, Text], ...] = (
    ("-last_activity_at", _("Last change")),
    ("-amount", _("Amount")),
    ("next_due_at", _("Next step")),
    ("expected_close_date", _("Expected close")),
    ("stage_entered_at", _("Longest in the stage")),
    ("name", _("Name")),
)


@dataclass(frozen=True)
class Extra:
    """One field more on a card: what it needs of the row, and how it is written."""

    name: str
    label: str
    needs: tuple[str, ...]
    text: Callable[[Any, dt.date], str]


def _day(row: Any, today: dt.date) -> str:
    return formats.date_short(row.expected_close_on, today) if row.expected_close_on else ""


BUILT_IN: tuple[tuple[str, Text, tuple[str, ...], Callable[[Any, dt.date], str]], ...] = (
    ("expected_close_date", _("Closes"), ("expected_close_on",), _day),
    ("type", _("Type"), ("type__name",), lambda r, today: r.type__name or ""),
    ("source", _("Source"), ("source__name",), lambda r, today: r.source__name or ""),
    ("tags", _("Tags"), ("tags",), lambda r, today: ", ".join(r.tags)),
    (
        "last_activity_at",
        _("Last activity"),
        ("last_activity_at",),
        lambda r, today: formats.date_short(r.last_activity_at.date(), today),
    ),
)


def offered(fields: Iterable[FieldDefinition]) -> list[tuple[str, str]]:
    """What can be added to a card, one's own fields among it: name and label."""
    own = [(d.column, d.name) for d in fields]
    return [*((name, str(label)) for name, label, _needs, _text in BUILT_IN), *own]


def extras_of(names: Iterable[str], user: User) -> list[Extra]:
    """The fields of these names that can be shown; no question asked where there are none."""
    wanted = list(names)[:MOST]
    found = {
        name: Extra(name, str(label), needs, text) for name, label, needs, text in BUILT_IN if name in wanted
    }
    if set(wanted) - found.keys():
        for d in fields_in_use("deal"):
            if d.column in wanted:
                found[d.column] = Extra(d.column, d.name, ("custom",), _own(d, user))
    return [found[name] for name in wanted if name in found]


def _own(definition: Any, user: User) -> Callable[[Any, dt.date], str]:
    def text(row: Any, today: dt.date) -> str:
        value = row.custom.get(definition.slug)
        if value is None:
            return ""
        names = names_of([definition], [row.custom], user)
        return str(shown(definition, value, names).text)

    return text


def chosen(user: User) -> Subquery:
    """The person's own set-up of the board, to be read along with something else."""
    mine = ColumnChoice.objects.filter(user=user, resource=RESOURCE)
    return Subquery(mine.values(json=JSONObject(fields="columns", sort="start"))[:1])


def set_up(user: User) -> dict[str, Any]:
    """The same, asked alone."""
    row = choice_of(user, RESOURCE)
    return {"fields": row.columns, "sort": row.start} if row else {}
