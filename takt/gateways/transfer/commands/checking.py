"""What the check of a file has found, before a row of it is written."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from takt.gateways.transfer import events
from takt.gateways.transfer.commands.standing import State, of
from takt.gateways.transfer.kinds.likeness import Like
from takt.gateways.transfer.models import Import
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows


@command
def note_check(
    job: Any,
    counts: Mapping[str, Any],
    refused: Sequence[tuple[int, int, str]],
    likely: Sequence[tuple[int, int, str, Like]] = (),
    *,
    is_end: bool,
    by: Actor,
    at: dt.datetime,
) -> Import:
    """Keep how far the check has come, and at its end whether the import may start."""
    row = of(job, by=by)
    if row.state != State.CHECKING:
        return row
    row.counts = dict(counts)
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "reason"],
        (
            *((row.pk, part, line, "refused", "", 0, reason) for part, line, reason in refused),
            *(
                (row.pk, part, line, "likely", kind, like.id, like.reason)
                for part, line, kind, like in likely
            ),
        ),
    )
    if is_end:
        for part, found in zip(row.parts, counts["parts"], strict=True):
            part["total"] = found["read"]
        all_or_nothing = not row.options.get("keep_going")
        row.state = State.REFUSED if counts["refused"] and all_or_nothing else State.READY
        checked = events.ImportChecked(read=counts["read"], refused=counts["refused"])
        record(checked, about=row, by=by, at=at)
    else:
        record(events.ImportBatchWritten(rows=0), about=row, by=by, at=at)
    row.save()
    return row
