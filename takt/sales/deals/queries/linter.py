"""What is odd about a pipeline, in sentences: why it is, and what to do."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.kernel.lib.refusals import Text
from takt.sales.deals.models import Pipeline, Stage
from takt.sales.deals.queries.gates import complete, facts_given, gates_of
from takt.sales.deals.rules_checks import CHECKS
from takt.sales.deals.rules_gates import OFF, Gate
from takt.sales.deals.rules_linter import Finding, Seen, lint

WINDOW_DAYS = 180
_TRAFFIC = """
SELECT stage_id,
       count(*) FILTER (WHERE exit <> 'skipped_over'),
       count(*) FILTER (WHERE exit NOT IN ('', 'skipped_over')),
       count(*) FILTER (WHERE exit = 'skipped_over')
FROM stage_passage WHERE pipeline_id = %s AND entered_at >= %s GROUP BY 1
"""


@dataclass(frozen=True)
class Told:
    """A finding as a person reads it."""

    code: str
    what: str
    advice: str


def findings_of(pipeline: Pipeline, stages: Sequence[Stage], at: dt.datetime) -> list[Told]:
    """What to look at in a pipeline: one query for the passages of the last 180 days."""
    ordered = sorted(stages, key=lambda s: s.position)
    raw = {g.stage: g for g in gates_of(pipeline, ordered)}
    known = {g.stage: g for g in complete(list(raw.values()))}
    with connection.cursor() as cursor:
        cursor.execute(_TRAFFIC, [pipeline.pk, at - dt.timedelta(days=WINDOW_DAYS)])
        traffic: dict[int, tuple[int, int, int]] = {row[0]: row[1:] for row in cursor.fetchall()}
    seen = [
        Seen(
            name=s.name,
            probability=s.probability,
            norm_days=s.norm_days,
            is_asking=not raw[s.pk].is_empty,
            stood=traffic.get(s.pk, (0, 0, 0))[0],
            left=traffic.get(s.pk, (0, 0, 0))[1],
            jumped=traffic.get(s.pk, (0, 0, 0))[2],
            unanswered=_unanswered(raw[s.pk], known[s.pk]),
        )
        for s in ordered
    ]
    return [told(f) for f in lint(seen, has_gates=pipeline.gate_mode != OFF)]


def _unanswered(raw: Gate, known: Gate) -> tuple[str, ...]:
    """Checks that read facts nobody gives, and required fields that are retired."""
    given = facts_given()
    checks = [c for c in raw.criteria if not c.is_manual]
    mute = [
        c.sentence
        for c in checks
        if c.check not in CHECKS or not set(CHECKS[c.check].facts) - {"today"} <= given
    ]
    standing = {r.field for r in known.fields}
    return (*mute, *(r.field for r in raw.fields if r.field not in standing))


_TEXTS: dict[str, tuple[Text, Text]] = {
    "gap": (
        gettext_lazy("“%(stage)s” is a gap in the pipeline: a deal there goes neither on nor away."),
        gettext_lazy("Put such a deal off until a day instead; it keeps its stage. Then merge this stage into another."),
    ),
    "end": (
        gettext_lazy("“%(stage)s” is the end of a deal, not a stage."),
        gettext_lazy("Close deals as won or lost; merge this stage into the last one before it."),
    ),
    "activity": (
        gettext_lazy("“%(stage)s” says what is being done, not what has been reached."),
        gettext_lazy("Name the result, such as “Offer sent” instead of “Preparing the offer”."),
    ),
    "falls": (
        gettext_lazy("At “%(stage)s” the probability falls from %(other)d to %(number)d %%."),
        gettext_lazy("Stages go from the first contact to the signature, so that the probability rises with each."),
    ),
    "parallel": (
        gettext_lazy("“%(stage)s” and “%(next)s” stand side by side: a deal is in one or the other, not in one after the other."),
        gettext_lazy("Merge them, or give them different probabilities if one really follows the other. Kinds of deals belong into types or pipelines."),
    ),
    "single": (
        gettext_lazy("“%(stage)s” is the only stage, so that no deal ever goes on."),
        gettext_lazy("Add the results on the way to a signature as stages."),
    ),
    "many": (
        gettext_lazy("%(number)d stages are hard to keep apart."),
        gettext_lazy("Merge stages until there are at most %(other)d."),
    ),
    "no_norm": (
        gettext_lazy("No norm of days: %(stages)s."),
        gettext_lazy("Say how many days a deal usually stands there; beyond that it is marked."),
    ),
    "no_criteria": (
        gettext_lazy("Nothing is asked before a deal leaves: %(stages)s."),
        gettext_lazy("Add a criterion or a required field, or switch the gates of this pipeline off."),
    ),
    "stuck": (
        gettext_lazy("Nobody leaves “%(stage)s”: %(number)d deals came in during 180 days, and all are still there."),
        gettext_lazy("Look at what these deals wait for, and what its criteria ask."),
    ),
    "unreachable": (
        gettext_lazy("Nobody enters “%(stage)s”: %(number)d deals went past it during 180 days."),
        gettext_lazy("Merge it into a neighbour, or say what has to be reached there."),
    ),
    "unanswered": (
        gettext_lazy("“%(stage)s” asks for “%(words)s”, which nothing in this Takt can answer. It holds nobody up."),
        gettext_lazy("Take it out of the stage's criteria, or replace it by something to be confirmed by hand."),
    ),
}  # fmt: skip


def told(finding: Finding) -> Told:
    what, advice = _TEXTS[finding.code]
    stages = finding.stages
    values = {
        "stage": stages[0] if stages else "",
        "next": stages[-1] if stages else "",
        "stages": _listed(stages),
        "number": finding.number,
        "other": finding.other,
        "words": finding.words,
    }
    return Told(finding.code, str(what) % values, str(advice) % values)


def _listed(stages: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(f"“{name}”" for name in stages[:most])
    rest = len(stages) - most
    return _("%(stages)s and %(num)d more") % {"stages": shown, "num": rest} if rest > 0 else shown
