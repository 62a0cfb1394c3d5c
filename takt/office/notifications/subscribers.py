"""Which facts people are told about."""

from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify
from takt.sales.deals.models import Deal


@subscriber("deal.owner_changed")
def tell_new_owner(event: Event) -> None:
    """The new owner of a deal hears of it, unless he took it himself (domain spec N-22)."""
    owner = event.payload.get("new")
    about = event.subjects.filter(kind="deal").values_list("object_id", flat=True).first()
    if owner is None or owner == event.actor or about is None:
        return
    person = User.objects.filter(pk=owner).first()
    deal = (
        Deal.objects.visible_to(person).filter(pk=about, owner=owner).values_list("name", flat=True).first()
    )
    if person is None or deal is None:
        return  # passed on or deleted in the meantime
    actor = User.objects.filter(pk=event.actor or 0).values_list("name", flat=True).first()
    notify(
        owner,
        event=event.pk,
        kind="deal.handed_over" if actor else "deal.handed_over_by_takt",
        params={"deal": deal, "actor": actor} if actor else {"deal": deal},
        url=f"/deals/{about}",
        by=Actor(via="timer", cause=event.pk, depth=event.depth + 1),
        at=event.at,
    )
