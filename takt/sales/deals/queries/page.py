"""Everything the deal's own page shows, read in a constant number of queries."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Prefetch, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from takt.kernel.access.reach import granted, owners_within, reach_of
from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import Line as OwnLine
from takt.kernel.fields.showing import lines_of
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lib.standing import standing
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Email, Phone
from takt.sales.deals.models import Deal, DealContact, DealLine, Stage, StagePassage
from takt.sales.deals.queries.bills import bill_of
from takt.sales.deals.queries.qualification import KNOWN, Qualified, read_known


@dataclass(frozen=True)
class Step:
    """A stage on the stepper: how long the deal stood there, and where it is now."""

    pk: int
    name: str
    state: str  # past, now, ahead
    days: int | None
    over: int
    probability: int
    color: str
    hint: str


@dataclass(frozen=True)
class Person:
    """Somebody's part in the deal; a hidden one has no name."""

    pk: int
    name: str
    initials: str
    position: str
    part: str
    phone: str
    email: str
    is_hidden: bool
    links: tuple[tuple[str, str, str], ...] = ()  # icon, name, address


@dataclass(frozen=True)
class Line:
    product: str
    quantity: Decimal
    price: Decimal
    total: Decimal
    discount: Decimal
    discount_amount: Decimal
    tax_rate: Decimal | None


@dataclass(frozen=True)
class DealPage:
    deal: Deal
    steps: list[Step]
    people: list[Person]
    lines: list[Line]
    lines_total: Decimal
    amount_origin: str  # lines, typed, or empty where there are no lines
    tasks: list[Task]
    sees_company: bool
    may_edit: bool
    may_delete: bool
    may_reopen: bool
    own: list[OwnLine]
    blank: list[FieldDefinition]
    found: Qualified
    lines_tax: Decimal


# What the page shows of a deal and of what it hangs on; the search columns alone outweigh all the rest.
_READ = (
    *(f.name for f in Deal._meta.concrete_fields if f.name not in {"search", "search_grams"}),
    "pipeline__name", "pipeline__gate_stamp", "stage__hint", "stage__name", "stage__position", "stage__probability", "stage__pipeline", "owner__name",
    "company__name", "company__industry", "company__region", "company__owner", "company__deleted_at",
    "type__name", "source__name", "loss_reason__name",
)  # fmt: skip
# Whether any note is pinned is asked along, so that the page without one asks no more than that.
_HAS_PINNED = RawSQL(
    "EXISTS (SELECT 1 FROM note WHERE note.deal_id = deal.id AND note.pinned_at IS NOT NULL"
    " AND note.deleted_at IS NULL)",
    (),
    output_field=BooleanField(),
)
_TASK_READ = ("title", "due_at", "deal", "type__name", "type__icon", "assignee__name", "contact__name")


def sees(user: User | None, entity: str, row: Any) -> bool:
    """Whether a record linked to a visible deal is itself visible."""
    owners = owners_within(user, entity)
    return (
        row is not None
        and row.deleted_at is None
        and (owners is None or row.owner_id is None or row.owner_id in owners)
    )


def deal_page(pk: int, user: User | None, *, at: dt.datetime) -> DealPage:
    """The deal with its stepper, people, lines and open tasks; NotFound where it is hidden."""
    deal = next(iter(_deal(pk, *reach_of(user, "deal"))), None)
    if deal is None:
        raise NotFound
    sold = _sold(pk)
    lines = [
        Line(x.product.name, x.quantity, x.price, x.total, x.discount, x.discount_amount, x.tax_rate)
        for x in sold
    ]
    bill = bill_of(sold)
    fields = fields_in_use("deal", pk)
    editors, deleters = owners_within(user, "deal", "edit"), owners_within(user, "deal", "delete")
    may_edit = editors is None or deal.owner_id in editors or deal.pk in granted(user, "deal", "edit")
    return DealPage(
        deal=deal,
        steps=_steps(deal, at),
        own=lines_of(fields, deal.custom, user),
        blank=[d for d in fields if deal.custom.get(d.slug) is None],
        found=read_known(deal.known, deal),
        lines_tax=bill.tax,
        people=_people(deal, user),
        lines=lines,
        lines_total=bill.total,
        amount_origin=_origin(deal.amount, bill.total if sold else None),
        tasks=_open_tasks(pk),
        sees_company=sees(user, "company", deal.company),
        may_edit=may_edit,
        may_delete=deleters is None or deal.owner_id in deleters,
        may_reopen=may_edit
        and (deal.status == "lost" or (user is None or user.role in {"admin", "head", "vp", "lead"})),
    )


@standing
def _deal(pk: int, owners: frozenset[int] | None, shared: frozenset[int]) -> QuerySet[Deal]:
    return (
        Deal.objects.within_reach(owners, shared)
        .select_related("pipeline", "stage", "owner", "company", "type", "source", "loss_reason")
        .only(*_READ)
        .annotate(has_pinned=_HAS_PINNED, known=KNOWN)
        .filter(pk=pk)
    )  # type: ignore[no-any-return]


@standing
def _sold(deal: int) -> QuerySet[DealLine]:
    return (
        DealLine.objects.filter(deal=deal)
        .select_related("product")
        .only(
            "quantity", "price", "discount", "discount_amount", "tax_rate", "price_includes_tax", "total",
            "product__name",
        )
        .order_by("position")
    )  # fmt: skip


@standing
def _open_tasks(deal: int) -> QuerySet[Task]:
    return (
        Task.objects.filter(deal=deal, status="open", deleted_at=None)
        .select_related("type", "assignee", "contact")
        .only(*_TASK_READ)
        .order_by("due_at", "id")[:30]
    )


def _origin(amount: Decimal | None, lines_total: Decimal | None) -> str:
    """Where an amount comes from, told only where there are products to take it from."""
    if amount is None or lines_total is None:
        return ""
    return "lines" if amount == lines_total else "typed"


def _steps(deal: Deal, at: dt.datetime) -> list[Step]:
    spent: dict[int, int] = {}
    for stage, entered, left in _stays(deal.pk):
        until = left or at
        stay = (timezone.localdate(until) - timezone.localdate(entered)).days
        spent[stage] = spent.get(stage, 0) + stay
    steps = []
    here = deal.stage.position
    for place in _places(deal.pipeline_id):
        state = "now" if place.pk == deal.stage_id else "past" if place.position < here else "ahead"
        days = spent.get(place.pk)
        limit = place.limit_days
        over = max(0, (days or 0) - limit) if limit else 0
        steps.append(
            Step(place.pk, place.name, state, days, over, place.probability, place.color, place.hint)
        )
    return steps


@standing
def _stays(deal: int) -> QuerySet[Any]:
    return StagePassage.objects.filter(deal=deal).values_list("stage_id", "entered_at", "left_at")


@standing
def _places(pipeline: int) -> QuerySet[Stage]:
    return Stage.objects.filter(pipeline=pipeline).order_by("position")


def _people(deal: Deal, user: User | None) -> list[Person]:
    return [_person(p, user) for p in _parts(deal.pk)]


@standing
def _parts(deal: int) -> QuerySet[DealContact]:
    return (
        DealContact.objects.filter(deal=deal)
        .select_related("contact")
        .only(
            "part",
            "contact__name",
            "contact__position",
            "contact__owner",
            "contact__deleted_at",
            "contact__custom",
        )
        .prefetch_related(
            Prefetch("contact__phones", Phone.objects.order_by("position")),
            Prefetch("contact__emails", Email.objects.order_by("position")),
        )
        .order_by("position", "id")
    )


def _person(part: DealContact, user: User | None) -> Person:
    contact = part.contact
    if not sees(user, "contact", contact):
        return Person(contact.pk, "", "", "", part.get_part_display() if part.part else "", "", "", True)
    phone = next((p.number for p in contact.phones.all()), "")
    email = next((e.address for e in contact.emails.all()), "")
    initials = "".join(w[0] for w in contact.name.split()[:2]).upper()
    role = part.get_part_display() if part.part else ""
    links = _links(phone, contact.custom)
    return Person(contact.pk, contact.name, initials, contact.position, role, phone, email, False, links)


# Where an address among a person's own fields leads to a talk with him.
_PLACES = {"linkedin.com": ("brand-linkedin", "LinkedIn"), "t.me": ("brand-telegram", "Telegram")}


def _links(phone: str, custom: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Messengers by which a person can be written to: by his number, and by addresses among his own fields."""
    found = []
    if phone.startswith("+"):
        found.append(("brand-whatsapp", "WhatsApp", f"https://wa.me/{phone[1:]}"))
    for value in custom.values():
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            host = value.split("/", 3)[2].lower().removeprefix("www.")
            place = _PLACES.get(host) or _PLACES.get(".".join(host.split(".")[-2:]))
            if place:
                found.append((*place, value))
    return tuple(found)
