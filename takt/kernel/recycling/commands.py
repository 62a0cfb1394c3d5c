"""The nightly run of the recycle bin; what a person does with his records are commands of their own rooms."""

import datetime as dt

from takt.kernel.lib.actor import Actor
from takt.kernel.recycling.registry import Binned, bins
from takt.kernel.recycling.rules import deleted_before
from takt.kernel.settings.queries import value_of

CHUNK = 1000


def purge_old(*, by: Actor, at: dt.datetime) -> dict[str, int]:
    """Remove for good whose days have passed, a thousand a transaction, so that a killed run loses nothing."""
    limit = deleted_before(at, value_of("bin.days"))
    # What refers to others goes first.
    return {b.kind: _purge(b, limit, by, at) for b in sorted(bins, key=lambda b: b.position)}


def _purge(of: Binned, limit: dt.datetime, by: Actor, at: dt.datetime) -> int:
    count = 0
    while ids := list(
        of.rows(None).filter(deleted_at__lte=limit).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        count += of.purge(ids, by=by, at=at)
    return count
