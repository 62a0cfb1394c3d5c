"""Which facts people are told about."""

from collections.abc import Iterable
from typing import Any

from takt.kernel.access.records import model_of
from takt.kernel.accounts.models import User
from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.acts import AT_ONCE
from takt.kernel.lists.models import BulkRun
from takt.office.notifications.commands import notify
from takt.sales.activities.models import Task
from takt.sales.deals.models import Deal, Watcher

PLURALS = {"deal": "deals", "company": "companies", "contact": "contacts", "task": "tasks"}
AT_LEAST_SECONDS = 30  # whoever waited no longer has seen the end himself


@subscriber("deal.owner_changed")
def tell_new_owner(event: Event) -> None:
    """The new owner of a deal hears of it, unless he took it himself (domain spec N-22)."""
    owner = event.payload.get("new")
    about = _about(event, "deal")
    if owner is None or owner == event.actor or about is None:
        return
    person = User.objects.filter(pk=owner).first()
    deal = (
        Deal.objects.visible_to(person).filter(pk=about, owner=owner).values_list("name", flat=True).first()
    )
    if person is None or deal is None:
        return  # passed on or deleted in the meantime
    actor = _actor(event)
    notify(
        owner,
        event=event.pk,
        kind="deal.handed_over" if actor else "deal.handed_over_by_takt",
        params={"deal": deal, "actor": actor} if actor else {"deal": deal},
        url=f"/deals/{about}",
        about=("deal", about),
        batch=event.batch,
        by=_cause(event),
        at=event.at,
    )


@subscriber("company.owner_changed", "contact.owner_changed")
def tell_new_owner_of_customer(event: Event) -> None:
    """The new owner of a company or a contact hears of it (domain spec N-22)."""
    kind = event.kind.partition(".")[0]
    about = _about(event, kind)
    if about is not None and (owner := event.payload.get("new")) is not None:
        _tell(event, [owner], kind, about, f"{kind}.handed_over", name="record")


@subscriber("note.added", "note.edited")
def tell_mentioned(event: Event) -> None:
    """Who is named in a note hears of it, then whoever watches the deal; each once, and only who may see it."""
    about = dict(event.subjects.values_list("kind", "object_id"))
    kind = next((k for k in PLURALS if k in about), None)
    if kind is None:
        return
    meant = [pk for pk in event.payload.get("mentions") or [] if pk != event.actor]
    _tell(event, meant, kind, about[kind], "note.mention", name="record")
    if kind == "deal" and event.kind == "note.added":
        watching = Watcher.objects.filter(deal=about["deal"]).exclude(user__in=meant)
        _tell(event, watching.values_list("user_id", flat=True), "deal", about["deal"], "watched.note")


@subscriber("deal.shared", "deal.participant_added")
def tell_brought_in(event: Event) -> None:
    """With whom a deal is shared, and who is brought into it, hears of it."""
    if (deal := _about(event, "deal")) is not None:
        what = "deal.shared" if event.kind == "deal.shared" else "deal.part"
        _tell(event, [event.payload.get("user")], "deal", deal, what)


@subscriber("deal.restored")
def tell_owner_of_restored(event: Event) -> None:
    """The owner hears that a colleague brought his deal back (domain spec N-37)."""
    if (deal := _about(event, "deal")) is not None:
        owners = Deal.objects.alive().filter(pk=deal).values_list("owner_id", flat=True)
        _tell(event, owners, "deal", deal, "deal.restored")


@subscriber("import.finished", "import.failed", historic=True)
def tell_of_import(event: Event) -> None:
    """Whoever began an import hears of its end (domain spec N-36). The import tells of itself, not of what it brings."""
    job = _about(event, "import")
    if job is None or event.actor is None:
        return
    of_it = Event.objects.filter(subjects__kind="import", subjects__object_id=job)
    name = of_it.filter(kind="import.uploaded").values_list("payload__name", flat=True).first() or ""
    began = of_it.filter(kind="import.started").order_by("-id").values_list("at", flat=True).first()
    if event.kind == "import.finished":
        if began is not None and (event.at - began).total_seconds() < AT_LEAST_SECONDS:
            return
        params = {"name": name, **{n: event.payload.get(n, 0) for n in ("created", "updated", "refused")}}
    else:
        params = {"name": name}
    notify(
        event.actor,
        event=event.pk,
        kind=event.kind,
        params=params,
        url=f"/import/{job}",
        by=_cause(event),
        at=event.at,
    )


@subscriber("bulk.ended")
def tell_of_bulk(event: Event) -> None:
    """Whoever began an act on many records in the background hears of its end (domain spec N-36)."""
    if event.actor is None or int(event.payload["total"]) <= AT_ONCE:
        return
    run = BulkRun.objects.filter(user=event.actor, finished_at=event.at).values_list("pk", flat=True).first()
    if run is not None:
        notify(
            event.actor,
            event=event.pk,
            kind="bulk.ended",
            params={n: event.payload[n] for n in ("changed", "skipped")},
            url=f"/lists/bulk/{run}",
            by=_cause(event),
            at=event.at,
        )


@subscriber("approval.requested", "approval.approved", "approval.rejected")
def tell_of_approval(event: Event) -> None:
    """Who is asked hears of it, whether he may see the deal or not; then who asked hears of the decision (N-15)."""
    deal = _about(event, "deal")
    name = Deal.objects.alive().filter(pk=deal or 0).values_list("name", flat=True).first()
    if deal is None or name is None:
        return
    is_request = event.kind == "approval.requested"
    people = event.payload["people"] if is_request else [event.payload["requested_by"]]
    for person in people:
        if person == event.actor:
            continue
        notify(
            person,
            event=event.pk,
            kind=event.kind,
            params={"actor": _actor(event) or "Takt", "deal": name},
            url="/approvals" if is_request else "/approvals?show=mine",
            about=None if is_request else ("deal", deal),
            by=_cause(event),
            at=event.at,
        )


WATCHED = {
    "deal.moved": "watched.moved",
    "deal.won": "watched.won",
    "deal.lost": "watched.lost",
    "deal.reopened": "watched.reopened",
}
GIVEN = ("task.created", "task.reassigned")


def tell_watchers(event: Event) -> None:
    """Who watches a deal hears of its moves, its end and its return; called by the timer (`jobs.py`)."""
    if (deal := _about(event, "deal")) is not None:
        watching = Watcher.objects.filter(deal=deal, since__lte=event.at).values_list("user_id", flat=True)
        _tell(event, watching, "deal", deal, WATCHED[event.kind])


def tell_assignee(event: Event) -> None:
    """Whoever is given a task by somebody else hears of it; called by the timer (`jobs.py`)."""
    task = _about(event, "task")
    person = event.payload.get("assignee" if event.kind == "task.created" else "new")
    if task is not None and Task.objects.alive().open().filter(pk=task, assignee=person).exists():
        _tell(event, [person], "task", task, "task.assigned", name="task")


def _about(event: Event, kind: str) -> int | None:
    return event.subjects.filter(kind=kind).values_list("object_id", flat=True).first()


def _actor(event: Event) -> str | None:
    return User.objects.filter(pk=event.actor or 0).values_list("name", flat=True).first()


def _cause(event: Event) -> Actor:
    return Actor(via="timer", cause=event.pk, depth=event.depth + 1)


def _tell(
    event: Event, people: Iterable[Any], kind: str, number: int, what: str, *, name: str = "deal"
) -> None:
    """Tell those of these people who still see the record, but not the one who did it."""
    model: Any = model_of(kind)
    actor = _actor(event) or "Takt"
    for person in User.objects.filter(pk__in=list(people), is_active=True).exclude(pk=event.actor or 0):
        seen = model.objects.visible_to(person).filter(pk=number)
        called = seen.values_list("title" if kind == "task" else "name", flat=True).first()
        if called is None:
            continue
        notify(
            person.pk,
            event=event.pk,
            kind=what,
            params={"actor": actor, name: called},
            url=f"/{PLURALS[kind]}/{number}",
            about=(kind, number),
            batch=event.batch,
            by=_cause(event),
            at=event.at,
        )
