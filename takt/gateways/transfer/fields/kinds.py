"""The fields of every kind of record that a file may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields import companies, contacts, deals, products, tasks, users
from takt.gateways.transfer.fields.field import Field
from takt.gateways.transfer.fields.own import own_fields
from takt.kernel.lib.refusals import Text

KINDS: dict[str, Text] = {
    "companies": _("Companies"),
    "contacts": _("Contacts"),
    "deals": _("Deals"),
    "tasks": _("Tasks"),
    "products": _("Products"),
}
"""What a person may say a file holds."""

_ROOMS = {
    "companies": companies, "contacts": contacts, "deals": deals, "tasks": tasks, "products": products,
    "users": users,
}  # fmt: skip
FIELDS: dict[str, tuple[Field, ...]] = {kind: room.FIELDS for kind, room in _ROOMS.items()}
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {kind: room.REQUIRED for kind, room in _ROOMS.items()}
_BY_NAME = {kind: {f.name: f for f in fields} for kind, fields in FIELDS.items()}


def field_of(kind: str, name: str) -> Field | None:
    if name.startswith("cf_"):
        return next((f for f in own_fields(kind) if f.name == name), None)
    return _BY_NAME[kind].get(name)


def fields_of(kind: str) -> list[Field]:
    """What a column may mean, with the organisation's own fields at the end."""
    return [*FIELDS[kind], *own_fields(kind)]
