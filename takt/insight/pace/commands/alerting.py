"""Alerts of deals that are too long in their stage: told once per stay, and reviewed by their owner."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from takt.insight.pace.findings import limits_kept
from takt.insight.pace.models import StageAlert
from takt.insight.pace.rules import OFF, REVIEWS_A_DAY, is_over, needs_review
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.settings.queries import all_values
from takt.office.notifications.commands import notify
from takt.sales.activities.commands import NewTask, drop_task
from takt.sales.activities.models import Task, TaskType
from takt.sales.activities.rules import REVIEW
from takt.sales.deals.commands.steps import plan_step, refresh_next_steps
from takt.sales.deals.models import Deal, StagePassage
from takt.sales.deals.queries.gates import today_of

ONE_BY_ONE = 3  # so many are named; more are told as a number
LIST = "/deals?status=open&owner=me&sort=stage_entered_at"


@command
def raise_alerts(*, by: Actor, at: dt.datetime) -> int:
    """Tell each owner of his deals that have become too long in their stage, and ask for the reviews of the day.

    Answers how many alerts are new. Run again it tells nothing twice: an alert is of one stay in a stage.
    """
    values = all_values()
    if values["pace.overrun"] == OFF or not _has_begun(values["pace.overrun_from"], at):
        return 0
    limits, today = limits_kept(), today_of(at)
    late: list[tuple[StagePassage, int]] = []
    awake = Q(deal__snoozed_until=None) | Q(deal__snoozed_until__lte=today)
    rows = StagePassage.objects.filter(awake, left_at=None, deal__status="open", deal__deleted_at=None)
    rows = rows.filter(deal__stage=F("stage"), stage__in=limits)
    for row in rows.select_related("deal", "deal__owner").order_by(
        F("deal__amount").desc(nulls_last=True), "pk"
    ):
        age = (today - today_of(row.entered_at)).days
        if is_over(age, limits[row.stage_id]):
            late.append((row, age))
    new = _told(late, limits, by=by, at=at)
    _ask_for_reviews(late, limits, values["pace.review_percent"], by=by, at=at)
    return new


def _has_begun(start: int, at: dt.datetime) -> bool:
    day = today_of(at)
    return day.year * 10_000 + day.month * 100 + day.day >= start


def _told(late: list[tuple[StagePassage, int]], limits: dict[int, Any], *, by: Actor, at: dt.datetime) -> int:
    known = set(
        StageAlert.objects.filter(passage__in=[row.pk for row, _age in late]).values_list(
            "passage_id", flat=True
        )
    )
    alerts = [
        StageAlert(
            passage=row, deal=row.deal, owner=row.deal.owner, limit=limits[row.stage_id].days,
            is_own=limits[row.stage_id].is_own, at=at,
        )
        for row, _age in late
        if row.pk not in known
    ]  # fmt: skip
    # Two runs at once: what the other has told meanwhile is refused by the constraint, and all of this run with it.
    StageAlert.objects.bulk_create(alerts, batch_size=1_000)
    by_owner: dict[int, list[StageAlert]] = defaultdict(list)
    for alert in alerts:
        by_owner[alert.owner_id].append(alert)
    for owner, mine in by_owner.items():
        if len(mine) > ONE_BY_ONE:
            key = f"deal.overrun:many:{max(alert.passage_id for alert in mine)}"
            notify(owner, kind="deal.overrun", key=key, params={"count": len(mine)}, url=LIST, by=by, at=at)
            continue
        for alert in mine:
            notify(
                owner, kind="deal.overrun", key=f"deal.overrun:stay:{alert.passage_id}", params={"deal": alert.deal.name},
                url=f"/deals/{alert.deal_id}", about=("deal", alert.deal_id), by=by, at=at,
            )  # fmt: skip
    return len(alerts)


def _ask_for_reviews(
    late: list[tuple[StagePassage, int]], limits: dict[int, Any], percent: int, *, by: Actor, at: dt.datetime
) -> None:
    """At most five a day and person, the largest amounts first; those left over come on the next days."""
    since = timezone.make_aware(dt.datetime.combine(today_of(at), dt.time()), timezone.get_default_timezone())
    given = Counter(StageAlert.objects.filter(review_at__gte=since).values_list("owner_id", flat=True))
    wanting = [(row, age) for row, age in late if needs_review(age, limits[row.stage_id], percent)]
    alerts = {
        alert.passage_id: alert
        for alert in StageAlert.objects.filter(passage__in=[row.pk for row, _age in wanting], review_at=None)
    }
    chosen = []
    for row, age in wanting:
        owner = row.deal.owner
        if row.pk in alerts and owner.is_active and given[owner.pk] < REVIEWS_A_DAY:
            given[owner.pk] += 1
            chosen.append((row, age))
    if chosen:
        _review_type()
    # In the order of deals, as every command that locks several.
    for row, age in sorted(chosen, key=lambda one: one[0].deal_id):
        deal = Deal.objects.alive().open().select_for_update(of=("self",)).filter(pk=row.deal_id).first()
        if deal is None or deal.stage_id != row.stage_id:
            continue
        alert = alerts[row.pk]
        alert.owner, alert.review_at = deal.owner, at
        alert.review = plan_step(deal, _review(deal, age, limits[row.stage_id].days, at), by=by, at=at)
        alert.save(update_fields=["owner", "review", "review_at"])


def _review(deal: Deal, age: int, limit: Decimal, at: dt.datetime) -> NewTask:
    zone = timezone.get_default_timezone()
    due = timezone.make_aware(dt.datetime.combine(today_of(at), dt.time(18)), zone)
    with translation.override(deal.owner.language or settings.LANGUAGE_CODE):
        title = _("Review: %(deal)s") % {"deal": deal.name}
        body = _(
            "%(days)d days in the stage, %(limit)d are usual. Write what holds the deal up, and plan the next step."
        ) % {"days": age, "limit": round(limit)}
    return NewTask(type=REVIEW, title=title[:200], body=body, due_at=max(due, at))


def _review_type() -> None:
    with translation.override(settings.LANGUAGE_CODE):
        name = _("Review")
    TaskType.objects.get_or_create(
        slug=REVIEW,
        defaults={"name": name, "icon": "circle-check", "counts_as_action": False, "position": 99},
    )


@command
def close_reviews(deals: Collection[int], *, by: Actor, at: dt.datetime) -> int:
    """The deal has left the stage: its review is no longer asked for, unless it is all that is planned on the deal."""
    stale = Q(passage__left_at__isnull=False) | ~Q(deal__status="open")
    alerts = StageAlert.objects.filter(stale, deal__in=sorted(deals), review__status="open")
    ended = 0
    for pk, task in alerts.order_by("deal_id", "pk").values_list("deal_id", "review_id"):
        deal = Deal.objects.alive().select_for_update(of=("self",)).filter(pk=pk).first()
        row = Task.objects.alive().open().select_for_update(of=("self",)).filter(pk=task).first()
        if deal is None or row is None:
            continue
        others = Task.objects.alive().open().filter(deal=deal).exclude(pk=task)
        if deal.is_open and not others.exists():
            continue
        drop_task(row, reason=_("The deal has left the stage."), by=by, at=at)
        refresh_next_steps([deal.pk])
        ended += 1
    return ended
