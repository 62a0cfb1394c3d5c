"""What follows for the customer when a deal ends."""

from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor
from takt.sales.customers.commands import judge_by_deal


@subscriber("deal.won", "deal.lost")
def judge_company(event: Event) -> None:
    """The classifiers of the company follow by rule (features, CU6)."""
    about = event.subjects.filter(kind="deal").values_list("object_id", flat=True).first()
    if about is not None:
        by = Actor(via="rule:judging", cause=event.pk, depth=event.depth + 1)
        judge_by_deal(about, event.kind.removeprefix("deal."), by=by, at=event.at)
