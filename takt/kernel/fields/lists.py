from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import Entity, FieldKind
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import Column, ListSpec


def entities(user: User) -> list[tuple[Any, Text]]:
    return list(Entity.choices)


def kinds(user: User) -> list[tuple[Any, Text]]:
    return list(FieldKind.choices)


FIELDS = ListSpec(
    resource="fields",
    entity="field",
    columns=(
        Column("position", _("Place"), kind="number", sort="position"),
        Column("name", _("Name"), sort="name"),
        Column("slug", _("Name for programs"), sort="slug"),
        Column("entity", _("Kind of record"), kind="choice", choices=entities, sort="entity"),
        Column("kind", _("What it holds"), kind="choice", choices=kinds),
        Column("is_required", _("Required"), kind="bool"),
        Column("only_record", _("One record alone"), kind="ref", nullable=True),
        Column("retired_at", _("Out of use since"), kind="datetime", nullable=True),
        Column("created_at", _("Added"), kind="datetime", sort="created_at"),
    ),
    default_sort="position",
)
