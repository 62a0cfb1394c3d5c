"""Tasks ended inside a block of focused work: the act itself and the place in the queue, in one save."""

import datetime as dt
from typing import Any

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.sales.activities.commands import focus
from takt.sales.activities.models import FocusItem, Task
from takt.sales.deals.commands.tasks import complete_task, reschedule_task


@command
def complete_in_focus(
    task: int, *, minutes: int | None = None, by: Actor, at: dt.datetime, **what: Any
) -> Task:
    """Complete a task by all its rules; without minutes given the block's clock says how long it took."""
    took = minutes or focus.focused_minutes(task, by=by, at=at)
    done = complete_task(task, minutes=took, by=by, at=at, **what)
    focus.leave_focused(task, FocusItem.Left.DONE, by=by, at=at)
    return done


@command
def move_in_focus(
    task: int, due_at: dt.datetime, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """Give a task another time; it leaves the queue."""
    moved = reschedule_task(task, due_at, by=by, at=at, version=version)
    focus.leave_focused(task, FocusItem.Left.MOVED, by=by, at=at)
    return moved
