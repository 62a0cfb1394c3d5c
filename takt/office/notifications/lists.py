from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text
from takt.kernel.lists.spec import Column, ListSpec
from takt.office.notifications.kinds import KINDS


def _kinds(user: Any) -> list[tuple[Any, Text]]:
    return [(slug, slug) for slug in KINDS]


NOTIFICATIONS = ListSpec(
    resource="notifications",
    entity="notification",
    columns=(
        Column("id", _("Number"), kind="number", sort="id"),
        Column("kind", _("Kind"), kind="choice", choices=_kinds),
        Column("at", _("Time"), kind="datetime", sort="at"),
        Column("read_at", _("Read"), kind="datetime", nullable=True),
    ),
    default_sort="-id",
)
