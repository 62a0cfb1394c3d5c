"""What the audits room answers to the rooms below: its invariant for `doctor`."""

from itertools import groupby

from takt.insight.audits.judging import judge, limits_on
from takt.insight.audits.models import DealQuality
from takt.kernel.lib.checks import Check, checks

MOST = 100
CHUNK = 2_000


def wrongly_kept() -> list[str]:
    """Kept judgements that differ from what the checks say of the same day; those waiting to be judged are left out."""
    found: list[str] = []
    kept = DealQuality.objects.filter(is_due=False).order_by("judged_on", "deal_id")
    rows = kept.values_list("deal_id", "applicable", "failed", "judged_on")
    for day, group in groupby(rows.iterator(), key=lambda row: row[3]):
        one_day = list(group)
        limits = limits_on(day)
        for start in range(0, len(one_day), CHUNK):
            chunk = one_day[start : start + CHUNK]
            truth = judge([row[0] for row in chunk], limits)
            for deal, applicable, failed, _day in chunk:
                now = truth.get(deal)
                if now is not None and (now.applicable, now.failed) != (applicable, failed):
                    found.append(
                        f"deal={deal}, kept={applicable}/{failed}, truth={now.applicable}/{now.failed}"
                    )
        if len(found) >= MOST:
            break
    return found[:MOST]


checks.append(
    Check(
        "audits.quality", "the kept judgement of every deal equals the seven checks asked anew", wrongly_kept
    )
)
