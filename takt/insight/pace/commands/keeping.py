"""The kept figures of stages, and the kept flags of deals; a second run writes the same."""

import datetime as dt
from collections.abc import Collection

from takt.insight.pace.findings import flagged, stages_found
from takt.insight.pace.models import DealFlags, StagePace
from takt.insight.pace.rules import ENOUGH, OFF, STALE, TOO_FAR
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.settings.queries import all_values
from takt.sales.deals.models import Stage

FIGURES = ["count", "mean", "median", "p75", "p90", "censored_median", "found_at"]


@command
def keep_pace(*, by: Actor, at: dt.datetime) -> int:
    """What the firm's own passages say of each stage; answers how many stages have a limit of their own."""
    found = stages_found(at)
    is_on = all_values()["pace.overrun"] != OFF
    own, kept = 0, []
    for stage in Stage.objects.order_by("pk").select_for_update():
        one = found.get(stage.pk)
        count = len(one.stays) if one else 0
        mean = sum(one.stays) / count if one and count else None
        kept.append(
            StagePace(
                stage=stage,
                count=count,
                mean=mean,
                median=one.quantile(0.5) if one else None,
                p75=one.quantile(0.75) if one else None,
                p90=one.quantile(0.9) if one else None,
                censored_median=one.censored_median if one else None,
                found_at=at,
            )
        )
        # A day that has begun counts as a day, so the badge shows from the first whole day above the mean.
        usual = max(1, int(mean)) if mean is not None and count >= ENOUGH and is_on else None
        own += usual is not None
        if (stage.usual_days, stage.usual_count) != (usual, count):
            Stage.objects.filter(pk=stage.pk).update(usual_days=usual, usual_count=count)
    StagePace.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["stage"], update_fields=FIGURES, batch_size=500
    )
    return own


@command
def flag_deals(deals: Collection[int] | None = None, *, by: Actor, at: dt.datetime) -> int:
    """Keep which of these deals, or of all, are suspicious although they have a next step; answers how many are."""
    values = all_values()
    kept = {row.deal_id: row for row in _held(deals)}
    found = [] if values["pace.gap"] == OFF else flagged(at, values["pace.gap_percent"], deals)
    rows = [
        DealFlags(
            deal_id=one.deal,
            too_far=TOO_FAR in one.flags,
            stale=STALE in one.flags,
            gap_days=one.gap_days,
            gap_limit=one.gap_limit,
            age_days=one.age_days,
            age_limit=one.age_limit,
            since=kept[one.deal].since if one.deal in kept else at,
        )
        for one in found
    ]
    gone = set(kept) - {one.deal for one in found}
    if gone:
        DealFlags.objects.filter(deal__in=gone).delete()
    DealFlags.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["deal"],
        update_fields=["too_far", "stale", "gap_days", "gap_limit", "age_days", "age_limit"],
        batch_size=1_000,
    )
    return len(rows)


def _held(deals: Collection[int] | None) -> list[DealFlags]:
    rows = DealFlags.objects.order_by("deal_id").select_for_update()
    return list(rows if deals is None else rows.filter(deal__in=sorted(deals)))
