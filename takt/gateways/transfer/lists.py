"""What the list of imports can be filtered and ordered by."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields import KINDS
from takt.gateways.transfer.models import Import
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import Column, ListSpec


def kinds(user: Any) -> list[tuple[str, Text]]:
    return list(KINDS.items())


def states(user: Any) -> list[tuple[str, Text]]:
    return list(Import.State.choices)


IMPORTS = ListSpec(
    resource="imports",
    entity="import",
    columns=(
        Column("name", _("File")),
        Column("kind", _("What it holds"), kind="choice", choices=kinds),
        Column("state", _("State"), kind="choice", choices=states),
        Column("user", _("By"), kind="ref", nullable=True),
        Column("created_at", _("Uploaded"), kind="datetime", sort="created_at"),
        Column("finished_at", _("Finished"), kind="datetime", sort="finished_at", nullable=True),
    ),
    default_sort="-created_at",
)
