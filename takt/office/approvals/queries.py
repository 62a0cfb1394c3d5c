"""Requests as people see them: a deal that somebody may not see has its name and its sum here, and no page."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.office.approvals.commands import SPECIAL_DEAL, may_decide
from takt.office.approvals.models import Approval
from takt.sales.deals.models import Deal

PAGE = 50
_WITH = ("requested_by", "decided_by")


@dataclass(frozen=True)
class Shown:
    """A request with the deal that it is about, as it is now."""

    row: Approval
    name: str
    url: str  # empty where the person may not see the deal
    amount: Decimal | None
    currency: str
    stage_name: str
    owner_name: str
    people: list[str]
    may_decide: bool
    is_own: bool


def waiting_count(user: User) -> int:
    """How many open deals wait for the person's decision."""
    rows = Approval.objects.waiting_for(user)
    return rows.filter(kind="deal", object_id__in=Deal.objects.alive().open().values("pk")).count()


def approvals(user: User, which: str, *, before: int | None = None) -> tuple[list[Shown], int | None]:
    """The latest first: those that wait for the person (`waiting`), his own (`mine`), or all that he may see."""
    rows = Approval.objects.visible_to(user)
    if which == "waiting":
        rows = Approval.objects.waiting_for(user)
        rows = rows.filter(kind="deal", object_id__in=Deal.objects.alive().open().values("pk"))
    elif which == "mine":
        rows = rows.filter(requested_by=user)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(_read(rows)[: PAGE + 1])
    return shown(found[:PAGE], user), found[PAGE - 1].pk if len(found) > PAGE else None


def one(pk: int, user: User) -> Shown:
    rows = shown(list(_read(Approval.objects.visible_to(user).filter(pk=pk))) if pk < 2**63 else [], user)
    if not rows:
        raise NotFound
    return rows[0]


def of_deal(deal: int, user: User) -> list[Shown]:
    """All requests of a deal that the person may see, the latest first."""
    rows = Approval.objects.filter(kind="deal", object_id=deal, topic=SPECIAL_DEAL)
    return shown(list(_read(rows)), user)


def _read(rows: Any) -> Any:
    return rows.select_related(*_WITH).prefetch_related("approvers__user").order_by("-pk")


def shown(rows: Iterable[Approval], user: User) -> list[Shown]:
    """Requests with their deals, whatever the number in the same few queries; those of deleted deals are left out."""
    found = list(rows)
    ids = [a.object_id for a in found if a.kind == "deal"]
    fields = ("pk", "name", "amount", "currency", "stage__name", "owner__name")
    deals = {d.pk: d for d in Deal.objects.alive().filter(pk__in=ids).values_list(*fields, named=True)}
    seen = set(Deal.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        Shown(
            row,
            name=deals[row.object_id].name,
            url=f"/deals/{row.object_id}" if row.object_id in seen else "",
            amount=deals[row.object_id].amount,
            currency=deals[row.object_id].currency,
            stage_name=deals[row.object_id].stage__name,
            owner_name=deals[row.object_id].owner__name,
            people=[a.user.name for a in row.approvers.all()],  # type: ignore[attr-defined]
            may_decide=row.is_pending and may_decide(row, user),
            is_own=row.requested_by_id == user.pk,
        )
        for row in found
        if row.object_id in deals
    ]
