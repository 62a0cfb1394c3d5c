"""A block of focused work: its queue, its clock and its place are kept by the server."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import F, Max
from django.utils.translation import gettext as _

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.sales.activities.models import FocusBlock, FocusItem, Task

MOST_TASKS = 200
# Who walks away without stopping the clock isn't credited with the night.
LONGEST_STRETCH = 60 * 60


@command
def start_focus(tasks: Sequence[int], *, name: str, by: Actor, at: dt.datetime) -> FocusBlock:
    """Begin a block on open tasks that one may work on, in the given order; an earlier block ends."""
    if by.user is None:
        raise Forbidden
    seen = set(
        Task.objects.visible_to(by.user, "edit").open().filter(pk__in=tasks).values_list("pk", flat=True)
    )
    queue = [pk for pk in dict.fromkeys(tasks) if pk in seen][:MOST_TASKS]
    if not queue:
        raise Invalid.field("ids", _("None of these tasks is open and yours to do."), "nothing_to_do")
    for earlier in FocusBlock.objects.select_for_update().filter(user=by.user, ended_at=None):
        _end(earlier, at)
    block = FocusBlock.objects.create(user=by.user, name=name[:60], started_at=at, counted_from=at)
    FocusItem.objects.bulk_create(
        [FocusItem(block=block, task_id=pk, position=place) for place, pk in enumerate(queue)]
    )
    return block


@command
def skip_focused(task: int, *, by: Actor, at: dt.datetime) -> None:
    """Leave a task open and serve it again at the end of the queue."""
    block, item = _in_hand(task, by)
    _credit(block, item, at)
    last = FocusItem.objects.filter(block=block).aggregate(last=Max("position"))["last"]
    item.position = last + 1
    item.skips += 1
    item.save(update_fields=["position", "skips"])


@command
def leave_focused(task: int, left: str, *, by: Actor, at: dt.datetime) -> None:
    """A task is done or moved to another time: it leaves the queue with the time that it took."""
    block, item = _in_hand(task, by)
    _credit(block, item, at)
    item.left, item.left_at = left, at
    item.save(update_fields=["left", "left_at"])


@command
def run_focus_clock(task: int | None, is_on: bool, *, by: Actor, at: dt.datetime) -> None:
    """Start or pause the clock of one's block; the task in hand is credited with what has passed."""
    block = _block(by)
    if task is not None:
        _credit(block, _in_hand(task, by)[1], at)
    block.counted_from = at if is_on else None
    block.save(update_fields=["counted_from"])


@command
def end_focus(*, by: Actor, at: dt.datetime) -> None:
    """End one's block; tasks still open stay in the day."""
    _end(_block(by), at)


def focused_minutes(task: int, *, by: Actor, at: dt.datetime) -> int | None:
    """The whole minutes that a task took in the block up to now; None where no clock ran."""
    block, item = _in_hand(task, by)
    seconds = item.seconds + stretch(block.counted_from, at)
    return -(-seconds // 60) or None


def stretch(since: dt.datetime | None, at: dt.datetime) -> int:
    """The seconds credited since a moment."""
    return 0 if since is None else min(LONGEST_STRETCH, max(0, int((at - since).total_seconds())))


def _block(by: Actor) -> FocusBlock:
    block = FocusBlock.objects.select_for_update().filter(user=by.user, ended_at=None).first()
    if block is None:
        raise NotFound
    return block


def _in_hand(task: int, by: Actor) -> tuple[FocusBlock, FocusItem]:
    block = _block(by)
    item = FocusItem.objects.filter(block=block, task=task).first()
    if item is None:
        raise NotFound
    return block, item


def _credit(block: FocusBlock, item: FocusItem, at: dt.datetime) -> None:
    if block.counted_from is not None:
        spent = stretch(block.counted_from, at)
        FocusItem.objects.filter(pk=item.pk).update(seconds=F("seconds") + spent)
        block.counted_from = at
        block.save(update_fields=["counted_from"])


def _end(block: FocusBlock, at: dt.datetime) -> None:
    block.ended_at, block.counted_from = at, None
    block.save(update_fields=["ended_at", "counted_from"])
