"""The files that come with a new record."""

import datetime as dt
from typing import Any

from takt.kernel.events.unit import command
from takt.kernel.fields.values import Written
from takt.kernel.files.commands import attach_held
from takt.kernel.lib.actor import Actor


@command
def bring_files(written: Written, entity: str, row: Any, *, by: Actor, at: dt.datetime) -> None:
    """Attach what came with a new record, now that it stands; the command that made it has judged the right."""
    if written.held:
        brought = {s: attach_held(row.custom[s], entity, row.pk, by=by, at=at).pk for s in written.held}
        row.custom = row.custom | brought
        row.save(update_fields=["custom"])
