"""A change is judged at once; what came in bulk, by the next minute's run."""

import uuid

from takt.insight.audits import commands
from takt.insight.audits.commands.keeping import note_task_done
from takt.insight.audits.models import AuditedDeal
from takt.kernel.events.models import Event
from takt.kernel.events.subscribing import subscriber
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify

OF_DEALS = (
    "deal.created", "deal.edited", "deal.moved", "deal.pipeline_changed", "deal.won", "deal.lost", "deal.reopened",
    "deal.closing_undone", "deal.contact_attached", "deal.contact_detached", "deal.contact_replaced",
    "deal.lines_set", "deal.snoozed", "deal.deleted", "deal.restored", "deal.criterion_confirmed",
    "deal.criterion_unconfirmed", "deal.competitors_set", "deal.qualified", "task.created", "task.completed",
    "task.cancelled", "task.edited", "task.reopened", "task.deleted", "task.restored", "task.described", "deal.loss_corrected",
)  # fmt: skip
OF_CUSTOMERS = (
    "company.edited", "company.merged", "company.unmerged", "company.deleted", "company.restored",
    "contact.edited", "contact.merged", "contact.unmerged", "contact.moved", "contact.deleted", "contact.restored",
)  # fmt: skip
OF_RULES = (
    "completeness.weighed", "pipeline.edited", "pipeline.gate_mode_set", "stage.gate_set", "stage.edited",
    "stage.added", "stage.removed", "stage.merged", "loss_reason.edited", "setting.changed", "field.retired",
    "field.restored",
)  # fmt: skip


def _by(event: Event) -> Actor:
    return Actor(via="timer", cause=event.pk, depth=event.depth + 1)


def _subjects(event: Event, kind: str) -> list[int]:
    return list(event.subjects.filter(kind=kind).values_list("object_id", flat=True))


@subscriber(*OF_DEALS)
def judge_deal(event: Event) -> None:
    """One deal at once; of a bulk act all together a minute later."""
    if deals := _subjects(event, "deal"):
        if event.batch is None:
            commands.judge_again(deals, by=_by(event), at=event.at)
        else:
            commands.look_again(deals=deals, by=_by(event), at=event.at)


@subscriber(*OF_CUSTOMERS)
def judge_customer(event: Event) -> None:
    """The deals of a customer whose card changed."""
    commands.look_again(
        companies=_subjects(event, "company"),
        contacts=_subjects(event, "contact"),
        by=_by(event),
        at=event.at,
    )


@subscriber(*OF_RULES)
def judge_by_new_rules(event: Event) -> None:
    """What is asked for has changed: every deal is looked at again."""
    if event.kind != "setting.changed" or str(event.payload.get("key", "")).startswith("audit."):
        commands.look_again(everything=True, by=_by(event), at=event.at)


@subscriber("import.finished", "import.undone", historic=True)
def judge_after_import(event: Event) -> None:
    """An import's own facts tell nobody, so all is looked at when it ends."""
    commands.look_again(everything=True, by=_by(event), at=event.at)


@subscriber("audit.deal_confirmed")
def tell_of_failure(event: Event) -> None:
    """Whoever is responsible hears what an audit asks of him (domain spec N-24); of one audit all deals as one, and of
    a deal looked at twice once."""
    deal, audit = next(iter(_subjects(event, "deal")), None), int(event.payload["audit"])
    row = (
        AuditedDeal.objects.filter(session=audit, deal=deal)
        .select_related("deal", "session__auditor")
        .first()
    )
    if deal is None or row is None or not event.payload["failed"] or row.owner_id == event.actor:
        return
    again = Event.objects.filter(
        kind=event.kind,
        payload__audit=audit,
        payload__failed__gt=0,
        subjects__kind="deal",
        subjects__object_id=deal,
    )
    if again.filter(pk__lt=event.pk).exists():
        return
    own = f"/audit/{audit}" if row.session.person_id else f"/audit?owner={row.owner_id}"
    notify(
        row.owner_id,
        event=event.pk,
        kind="audit.failed",
        params={"actor": row.session.auditor.name, "deal": row.deal.name},
        url=own,
        batch=uuid.uuid5(uuid.NAMESPACE_OID, f"takt:audit:{audit}"),
        by=_by(event),
        at=event.at,
    )


@subscriber("task.completed")
def fixed_by_task(event: Event) -> None:
    for task in _subjects(event, "task"):
        note_task_done(task, by=_by(event), at=event.at)
