"""Where an import stands: its states, its counts, and the lock every command takes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer.models import Import
from takt.kernel.access.reach import demand
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound, Refused

State = Import.State
BEFORE = (State.UPLOADED, State.READY, State.REFUSED, State.FAILED)  # nothing is written yet
OUTCOMES = ("read", "created", "updated", "skipped", "refused", "likely")


def of(job: Any, *, by: Actor, states: Sequence[str] = ()) -> Import:
    """The import, locked, where the person may have it and it stands in one of `states`."""
    demand(by, "import")
    pk = job.pk if isinstance(job, Import) else job
    row = Import.objects.visible_to(by.user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    if states and row.state not in states:
        raise Refused(_("The import can't do this now."), code="wrong_state")
    return row


def in_work(job: Any) -> Import:
    """The import, locked, for the worker that carries it out."""
    return Import.objects.select_for_update().get(pk=job.pk if isinstance(job, Import) else job)


def no_counts() -> dict[str, int]:
    return dict.fromkeys(OUTCOMES, 0)


def added(
    counts: Mapping[str, Any], part: int, more: Mapping[str, int], parts: int, seconds: float = 0
) -> dict[str, Any]:
    """Totals of the import and of each of its files, and the seconds of work they took."""
    found: dict[str, Any] = {name: int(counts.get(name, 0)) + more.get(name, 0) for name in OUTCOMES}
    each = [dict(p) for p in counts.get("parts") or ({} for _ in range(parts))]
    each[part] = {name: int(each[part].get(name, 0)) + more.get(name, 0) for name in OUTCOMES}
    return {**found, "parts": each, **worked(counts, seconds)}


def worked(counts: Mapping[str, Any], seconds: float) -> dict[str, float]:
    """The seconds of work so far; pauses are no work."""
    return {"seconds": round(float(counts.get("seconds", 0)) + seconds, 3)}
