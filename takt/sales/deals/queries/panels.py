"""The deals of a customer, for his card."""

from dataclasses import dataclass
from typing import Any

from takt.kernel.accounts.models import User
from takt.sales.deals.models import Deal

MOST = 20


@dataclass(frozen=True)
class Panel:
    deals: list[Deal]
    open_count: int
    won_count: int
    lost_count: int
    is_more: bool


def deals_of(user: User, **customer: Any) -> Panel:
    """The deals of a company or a person, open ones first, then the latest."""
    rows = Deal.objects.visible_to(user).filter(**customer)
    found = list(
        rows.select_related("stage", "owner").order_by("closed_at", "-last_activity_at", "-id")[:200]
    )
    found.sort(key=lambda d: not d.is_open)
    counts = {status: sum(d.status == status for d in found) for status in ("open", "won", "lost")}
    return Panel(found[:MOST], counts["open"], counts["won"], counts["lost"], len(found) > MOST)
