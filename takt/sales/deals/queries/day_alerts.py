"""What a person's day warns of: his open deals that need a look."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from takt.kernel.accounts.models import User
from takt.kernel.lib.standing import standing
from takt.kernel.ui import formats
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.day_rows import ONE_DAY, doing_for
from takt.sales.deals.queries.sight import sight_of

WITHOUT_ROWS = 5


@dataclass(frozen=True, slots=True)
class WithoutStep:
    """An open deal that waits for its next step."""

    id: int
    name: str
    sub: str
    amount: str


@dataclass(frozen=True)
class Alerts:
    without_step: int = 0
    stuck: int = 0
    date_passed: int = 0

    @property
    def any(self) -> bool:
        return bool(self.without_step or self.stuck or self.date_passed)


def alerts_of(user: User, start: dt.datetime, today: dt.date) -> Alerts:
    """Own open deals that need a look: no next step, longer in stage than its norm, closing date passed."""
    found = [counts for _owner, *counts in _counted(doing_for(user), start, today)]
    return Alerts(*map(sum, zip(*found, strict=True)))


@standing
def _counted(people: frozenset[int], start: dt.datetime, today: dt.date) -> QuerySet[Any]:
    norm = ExpressionWrapper(
        Coalesce("stage__usual_days", "stage__norm_days") * Value(ONE_DAY), output_field=DurationField()
    )
    # A snoozed deal rests on purpose (domain spec, Decided 5).
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=today)
    rows: Any = Deal.objects.alive().open().filter(owner__in=sorted(people)).order_by()
    return rows.values_list("owner_id").annotate(  # type: ignore[no-any-return]
        without_step=Count("pk", filter=Q(next_task=None)),
        stuck=Count("pk", filter=Q(stage_entered_at__lt=Value(start) - norm) & awake),
        date_passed=Count("pk", filter=Q(expected_close_on__lt=today)),
    )


def without_next_step(user: User) -> list[WithoutStep]:
    rows = (
        Deal.objects.alive()
        .without_next_step()
        .filter(owner__in=sorted(doing_for(user)))
        .order_by("-last_activity_at", "-id")
        .values_list(
            "id",
            "name",
            "company__name",
            "company__owner_id",
            "company__deleted_at",
            "stage__name",
            "amount",
            "currency",
        )[:WITHOUT_ROWS]
    )
    sight = sight_of(user)
    return [
        WithoutStep(
            pk,
            name,
            f"{company} · {stage}" if company and sight.company(owner, gone) else stage,
            formats.money(amount, currency) if isinstance(amount, Decimal) else "",
        )
        for pk, name, company, owner, gone, stage, amount, currency in rows
    ]
