"""What the pace room answers to the rooms below: its invariant for `doctor`."""

from takt.insight.pace.models import StagePace
from takt.insight.pace.rules import ENOUGH
from takt.kernel.lib.checks import Check, checks
from takt.sales.deals.models import Stage

MOST = 100


def wrong_limits() -> list[str]:
    """Stages whose kept limit isn't that of the kept figures."""
    found = []
    kept = {row.stage_id: row for row in StagePace.objects.all()}
    for stage in Stage.objects.exclude(usual_days=None).order_by("pk"):
        row = kept.get(stage.pk)
        if row is None or row.mean is None or row.count < ENOUGH or stage.usual_days != max(1, int(row.mean)):
            found.append(f"stage={stage.pk}, kept={stage.usual_days}")
    return found[:MOST]


checks.append(Check("pace.limits", "the limit of a stage is the mean of its passages", wrong_limits))
