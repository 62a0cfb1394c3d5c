"""Which facts people are told about."""

from collections.abc import Iterable
from typing import Any

from takt.kernel.access.records import model_of
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify
from takt.sales.deals.models import Deal, Watcher


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


PLURALS = {"deal": "deals", "company": "companies", "contact": "contacts"}


@subscriber("note.added", "note.edited")
def tell_mentioned(event: Event) -> None:
    """Who is named in a note hears of it, then whoever watches the deal; each once, and only who may see it."""
    about = dict(event.subjects.values_list("kind", "object_id"))
    kind = next((k for k in PLURALS if k in about), None)
    if kind is None:
        return
    meant = [pk for pk in event.payload.get("mentions") or [] if pk != event.actor]
    _tell(event, meant, kind, about[kind], "note.mention")
    if kind == "deal" and event.kind == "note.added":
        watching = Watcher.objects.filter(deal=about["deal"]).exclude(user__in=meant)
        _tell(event, watching.values_list("user_id", flat=True), "deal", about["deal"], "watched.note")


@subscriber("deal.shared", "deal.participant_added")
def tell_brought_in(event: Event) -> None:
    """With whom a deal is shared, and who is brought into it, hears of it."""
    deal = event.subjects.filter(kind="deal").values_list("object_id", flat=True).first()
    if deal is not None:
        what = "deal.shared" if event.kind == "deal.shared" else "deal.part"
        _tell(event, [event.payload.get("user")], "deal", deal, what)


@subscriber("approval.requested", "approval.approved", "approval.rejected")
def tell_of_approval(event: Event) -> None:
    """Who is asked hears of it, whether he may see the deal or not; then who asked hears of the decision (N-15)."""
    deal = event.subjects.filter(kind="deal").values_list("object_id", flat=True).first()
    name = Deal.objects.alive().filter(pk=deal or 0).values_list("name", flat=True).first()
    if name is None:
        return
    actor = User.objects.filter(pk=event.actor or 0).values_list("name", flat=True).first() or "Takt"
    is_request = event.kind == "approval.requested"
    people = event.payload["people"] if is_request else [event.payload["requested_by"]]
    for person in people:
        if person == event.actor:
            continue
        notify(
            person,
            event=event.pk,
            kind=event.kind,
            params={"actor": actor, "deal": name},
            url="/approvals" if is_request else "/approvals?show=mine",
            by=Actor(via="timer", cause=event.pk, depth=event.depth + 1),
            at=event.at,
        )


def _tell(event: Event, people: Iterable[Any], kind: str, number: int, what: str) -> None:
    """Tell those of these people who still see the record, but not the one who did it."""
    model: Any = model_of(kind)
    actor = User.objects.filter(pk=event.actor or 0).values_list("name", flat=True).first() or "Takt"
    for person in User.objects.filter(pk__in=list(people), is_active=True).exclude(pk=event.actor or 0):
        name = model.objects.visible_to(person).filter(pk=number).values_list("name", flat=True).first()
        if name is None:
            continue
        notify(
            person.pk,
            event=event.pk,
            kind=what,
            params={"actor": actor, "record" if what == "note.mention" else "deal": name},
            url=f"/{PLURALS[kind]}/{number}",
            by=Actor(via="timer", cause=event.pk, depth=event.depth + 1),
            at=event.at,
        )


WATCHED = {
    "deal.moved": "watched.moved",
    "deal.won": "watched.won",
    "deal.lost": "watched.lost",
    "deal.reopened": "watched.reopened",
}


def tell_watchers(event: Event) -> None:
    """Who watches a deal hears of its moves, its end and its return; called by the timer (`jobs.py`)."""
    deal = event.subjects.filter(kind="deal").values_list("object_id", flat=True).first()
    if deal is not None:
        watching = Watcher.objects.filter(deal=deal, since__lte=event.at).values_list("user_id", flat=True)
        _tell(event, watching, "deal", deal, WATCHED[event.kind])
