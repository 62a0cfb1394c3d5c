"""Key customers are spoken with regularly (features, CU5)."""

import datetime as dt
import uuid

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.sales.activities.commands import NewTask, plan_tasks
from takt.sales.customers.parameters import held
from takt.sales.customers.queries.lists import unspoken

VIA = "rule:regular_check"


@command
def check_key_customers(*, by: Actor, at: dt.datetime) -> int:
    """Give the owners of forgotten key customers a task, where the rule is enforced; answers how many.

    Once: a customer with an open task of any kind is being taken care of, and one who got such a task lately waits.
    """
    day = timezone.localdate(at)
    rule = held("regular_check")
    if rule.mode_on(day) != "enforce":
        return 0
    days = rule.number("days")
    acting = Actor(via=VIA, cause=by.cause, depth=by.depth)
    due = timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
    found = [
        c for c in unspoken(None, day, days).select_for_update(of=("self",)) if c.owner and c.owner.is_active
    ]
    batch = uuid.uuid4()
    languages = {c.owner.language for c in found if c.owner}
    made = 0
    for language in sorted(languages):
        targets = [(c, c.owner) for c in found if c.owner and c.owner.language == language]
        with override(language):
            title = _("Speak with a key customer")
            body = _("Nobody has spoken with this key customer for %(days)d days.") % {"days": days}
        new = NewTask(type="call", title=title, body=body, due_at=max(due, at))
        made += len(plan_tasks(new, targets, by=acting, at=at, batch=batch))
    return made
