"""Putting right afterwards what an audit asks for: why a deal was lost, and what was done."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused
from takt.sales.activities.commands import subjects_of as subjects_of_task
from takt.sales.activities.events import TaskDescribed
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.qualifying import link_competitors
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal


@command
def correct_loss(
    deal: Any,
    reason: Any,
    *,
    comment: str = "",
    competitor: str = "",
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Deal:
    """Say why a lost deal was lost where that wasn't recorded, or was recorded wrongly; it stays lost as it was."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if deal.status != Deal.Status.LOST:
        raise Refused(_("This deal is not lost."), code="not_lost")
    why = lookups.reason_of(reason, by=by)
    checks = Checks()
    said = checks.text("comment", comment, most=5000, required=why.needs_comment)
    whom = checks.text("competitor", competitor, most=120)
    checks.finish()
    if (deal.loss_reason_id, deal.loss_comment, deal.competitor) == (why.pk, said, whom):
        return deal
    old = deal.loss_reason_id
    link_competitors([(deal.pk, whom)])
    with counted(deal):
        deal.loss_reason, deal.loss_comment, deal.competitor = why, said, whom
        touched(deal, at)
        deal.save(update_fields=["loss_reason", "loss_comment", "competitor", "version", "updated_at"])
    fact = events.DealLossCorrected(
        old=old, reason=why.pk, reason_name=why.name, comment=said, competitor=whom
    )
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal


@command
def describe_action(
    task: Any, *, title: str, result: str, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """Say afterwards what a done task was and what came of it; when it was done and by whom stays."""
    found = Task.objects.locked(task, by=by, version=version)
    if found.status != Task.Status.DONE:
        raise Refused(_("Only a task that is done can be described."), code="not_done")
    checks = Checks()
    named = checks.text("title", title, most=200, required=True)
    said = checks.text("result", result, most=20_000)
    checks.finish()
    changes: list[dict[str, object]] = [
        {"field": field, "old": getattr(found, field), "new": new}
        for field, new in (("title", named), ("result", said))
        if getattr(found, field) != new
    ]
    if not changes:
        return found
    found.title, found.result = named, said
    touched(found, at)
    found.save(update_fields=["title", "result", "version", "updated_at"])
    record(TaskDescribed(title=named, changes=changes), about=subjects_of_task(found), by=by, at=at)
    return found
