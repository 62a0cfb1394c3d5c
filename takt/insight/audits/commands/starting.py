"""Taking up what the week's plan asks for."""

import datetime as dt

from takt.insight.audits.commands.walking import start_audit
from takt.insight.audits.models import AuditSession, PlannedWalk
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, NotFound


@command
def start_planned(walk: int, *, by: Actor, at: dt.datetime) -> AuditSession:
    """Begin a walk of the plan with its sample, or answer the one begun already."""
    if by.user is None:
        raise Forbidden
    rows = PlannedWalk.objects.select_for_update(of=("self",)).filter(pk=walk, auditor=by.user)
    planned = rows.first()
    if planned is None:
        raise NotFound
    if planned.session is not None:
        return planned.session
    session = start_audit(person=planned.person_id, sample=planned.sample, seed=planned.seed, by=by, at=at)
    planned.session = session
    planned.save(update_fields=["session"])
    return session
