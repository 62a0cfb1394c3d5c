"""A rep who is stuck brings his supervisor in (feature TK20)."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused
from takt.sales.activities.commands import NewTask
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.steps import plan_step, subjects_of
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.people import supervisors_of


@command
def ask_for_help(
    deal: Any,
    question: str,
    supervisor: Any = None,
    due_at: dt.datetime | None = None,
    *,
    by: Actor,
    at: dt.datetime,
) -> Task:
    """Give a supervisor a task with the deal: what help is needed, by when (a day from now where nothing is said).

    Without a name it is the nearest one above the deal's owner. The deal keeps its own next step beside it.
    """
    row = Deal.objects.locked(deal, by=by)
    if not row.is_open:
        raise Refused(
            _("This deal is closed. Return it to work to ask for help with it."), code="already_closed"
        )
    checks = Checks()
    title = checks.text("question", question, most=200, required=True)
    known = supervisors_of(row, besides=by.user)
    chosen = _meant(supervisor, known)
    if chosen is None:
        sentence = (
            _("Choose a supervisor who sees this deal.")
            if known
            else _("Nobody above you sees this deal. Ask your administrator to name a team lead.")
        )
        checks.wrong("supervisor", sentence, "unknown")
    checks.finish()
    step = NewTask(type="task", title=title, due_at=due_at or at + dt.timedelta(days=1), assignee=chosen)
    task = plan_step(row, step, by=by, at=at)
    fact = events.HelpAsked(question=title, supervisor=task.assignee_id, task=task.pk)
    record(fact, about=[*subjects_of(row), ("task", task.pk)], by=by, at=at)
    return task


def _meant(given: Any, known: list[User]) -> User | None:
    if given is None or given == "":
        return known[0] if known else None
    text = str(given.pk if isinstance(given, User) else given).strip().lower()
    return next((person for person in known if text in {str(person.pk), person.email.lower()}), None)
