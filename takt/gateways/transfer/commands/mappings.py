"""Mappings of columns, kept under a name for the next file of the same make."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from takt.gateways.transfer import events
from takt.gateways.transfer.models import SavedMapping
from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import NotFound


@command
def save_mapping(
    name: str,
    kind: str,
    columns: Mapping[str, str],
    options: Mapping[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
) -> SavedMapping:
    """Keep a mapping under a name for the next file of this make; the same name replaces it."""
    demand(by, "import")
    checks = Checks()
    name = checks.text("mapping_name", name, most=80, required=True)
    checks.finish()
    row, _new = SavedMapping.objects.update_or_create(
        user=by.user,
        kind=kind,
        name=name,
        defaults={"columns": dict(columns), "options": dict(options), "updated_at": at},
    )
    record(events.MappingSaved(name=name, holds=kind), about=("mapping", row.pk), by=by, at=at)
    return row


@command
def delete_mapping(mapping: int, *, by: Actor, at: dt.datetime) -> None:
    """Forget a mapping of one's own."""
    demand(by, "import")
    row = SavedMapping.objects.filter(pk=mapping, user=by.user).first()
    if row is None:
        raise NotFound
    record(events.MappingDeleted(name=row.name), about=("mapping", row.pk), by=by, at=at)
    row.delete()
