"""What changes a deal's pace: its tasks and its stage. Worked off after commit, so that no act waits for it."""

from takt.insight.pace import commands
from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor


def _deals(event: Event) -> list[int]:
    return list(event.subjects.filter(kind="deal").values_list("object_id", flat=True))


def _by(event: Event) -> Actor:
    return Actor(via="timer", cause=event.pk, depth=event.depth + 1)


@subscriber(
    "deal.created", "deal.moved", "deal.pipeline_changed", "deal.won", "deal.lost", "deal.reopened",
    "deal.closing_undone", "deal.snoozed", "deal.deleted", "deal.restored", "task.created", "task.completed",
    "task.cancelled", "task.edited", "task.reopened", "task.rescheduled", "task.deleted", "task.restored",
)  # fmt: skip
def flag_again(event: Event) -> None:
    """One deal at once; a bulk act waits for the night."""
    if event.batch is None and (deals := _deals(event)):
        commands.flag_deals(deals, by=_by(event), at=event.at)


@subscriber("deal.moved", "deal.pipeline_changed", "deal.won", "deal.lost", "deal.deleted")
def end_reviews(event: Event) -> None:
    if deals := _deals(event):
        commands.close_reviews(deals, by=_by(event), at=event.at)
