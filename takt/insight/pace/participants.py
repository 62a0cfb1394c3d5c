"""What the pace room answers to the rooms below: its invariants for `doctor`, and what goes when deals are purged."""

from django.db import connection

from takt.insight.pace.models import StagePace
from takt.insight.pace.rules import ENOUGH
from takt.kernel.lib.checks import Check, checks
from takt.sales.deals.models import Stage

MOST = 100
_UNLISTED = """
SELECT d.id FROM deal d
WHERE d.status = 'open' AND d.deleted_at IS NULL AND (d.next_task_id IS NULL) <> NOT EXISTS (
    SELECT 1 FROM task t WHERE t.deal_id = d.id AND t.status = 'open' AND t.deleted_at IS NULL)
LIMIT %s
"""


def not_in_the_list() -> list[str]:
    """Open deals without an open task that aren't in the list of those without a next step, or the other way round."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLISTED, [MOST])
        return [f"deal={pk}" for (pk,) in cursor.fetchall()]


def wrong_limits() -> list[str]:
    """Stages whose kept limit isn't that of the kept figures."""
    found = []
    kept = {row.stage_id: row for row in StagePace.objects.all()}
    for stage in Stage.objects.exclude(usual_days=None).order_by("pk"):
        row = kept.get(stage.pk)
        if row is None or row.mean is None or row.count < ENOUGH or stage.usual_days != max(1, int(row.mean)):
            found.append(f"stage={stage.pk}, kept={stage.usual_days}")
    return found[:MOST]


checks += [
    Check("pace.next_step", "every open deal without an open task is in the list of those", not_in_the_list),
    Check("pace.limits", "the limit of a stage is the mean of its passages", wrong_limits),
]
