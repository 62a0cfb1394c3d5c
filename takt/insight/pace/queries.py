"""What a supervisor sees of discipline: numbers per person, and the deals behind the flags."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.insight.pace.models import DealFlags, StageAlert
from takt.insight.pace.rules import STALE, TOO_FAR
from takt.kernel.accounts.models import User
from takt.sales.activities.models import Task
from takt.sales.deals.models import Deal

WITH = ("deal", "deal__stage", "deal__owner")


@dataclass
class PersonPace:
    """One person's open work that needs a look."""

    id: int
    name: str
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> int:
        return self.counts.get(what, 0)


KINDS = ("overdue", "without_step", "overrun", TOO_FAR, STALE)


def people(user: User, at: datetime) -> list[PersonPace]:
    """Per person, of what the reader may see: overdue tasks, deals without next step, alerts, flags; most overdue first."""
    found: dict[int, PersonPace] = {}
    tasks = Task.objects.visible_to(user).alive().open().filter(due_at__lt=at)
    deals = Deal.objects.visible_to(user).open()
    flags = DealFlags.objects.visible_to(user)
    alerts = StageAlert.objects.filter(deal__in=deals, passage__left_at=None)
    for rows, who, counted in (
        (tasks, "assignee", {"overdue": Count("pk", distinct=True)}),
        (deals, "owner", {"without_step": Count("pk", filter=Q(next_task=None))}),
        (alerts, "deal__owner", {"overrun": Count("pk")}),
        (flags, "deal__owner", {n: Count("pk", filter=Q(**{n: True})) for n in (TOO_FAR, STALE)}),
    ):
        rows_: Any = rows
        for pk, name, *counts in (
            rows_.order_by().values_list(f"{who}_id", f"{who}__name").annotate(**counted)
        ):
            one = found.setdefault(pk, PersonPace(pk, name))
            one.counts |= dict(zip(counted, counts, strict=True))
    return sorted(
        (one for one in found.values() if any(one.counts.values())),
        key=lambda one: (-one.count("overdue"), -sum(one.counts.values()), one.name),
    )


def flagged(user: User, *, owner: int | None = None, flag: str = "") -> QuerySet[DealFlags]:
    """The flagged deals that the reader may see, the largest first."""
    rows = DealFlags.objects.visible_to(user)
    if owner is not None:
        rows = rows.filter(deal__owner=owner)
    if flag in (TOO_FAR, STALE):
        rows = rows.filter(**{flag: True})
    return rows.select_related(*WITH).order_by(F("deal__amount").desc(nulls_last=True), "deal_id")


def reasons(row: DealFlags) -> list[str]:
    """Why a deal is flagged, in sentences."""
    return [*_far(row), *_stale(row)]


def _far(row: DealFlags) -> Iterator[str]:
    if row.too_far and row.gap_limit is not None:
        text = ngettext(
            "%(days)d working day from the last contact to the next one; the limit is %(limit)d.",
            "%(days)d working days from the last contact to the next one; the limit is %(limit)d.",
            row.gap_days,
        )
        yield text % {"days": row.gap_days, "limit": row.gap_limit}


def _stale(row: DealFlags) -> Iterator[str]:
    if row.stale and row.age_limit is not None:
        text = _(
            "A task is planned, but the deal has been in its stage for %(days)d days; %(limit)d are usual."
        )
        yield text % {"days": row.age_days, "limit": round(row.age_limit)}


def of_deal(deal: int) -> list[str]:
    row = DealFlags.objects.filter(deal=deal).first()
    return reasons(row) if row else []


def own_count(user: User) -> int:
    """How many of the person's own open deals are flagged."""
    rows = DealFlags.objects.filter(deal__owner=user, deal__status="open", deal__deleted_at=None)
    return rows.count()
