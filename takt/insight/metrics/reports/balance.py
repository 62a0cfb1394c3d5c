"""Whether the funnel is filled evenly: each stage's share of the open deals against its target (M5)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.bottleneck import dwell
from takt.insight.metrics.reports.parts import Column, Part, Report, StageRow, Table, stages_of
from takt.insight.metrics.reports.passing import by_stage
from takt.insight.metrics.reports.rules import imbalance, share, shares, steady
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.standing import standings
from takt.sales.deals.models import Stage

STARVED = Decimal("0.10")  # so far below their target, the first stages are said to be starved
FIRST_STAGES = 2


def balance(scope: Scope) -> Part:
    """Shares and targets by pipeline. The target is the stages' own, else what their pace would make of them."""
    own = {s.pk: s.target_share or 0 for s in Stage.objects.exclude(target_share=None).only("target_share")}
    counts = {pk: sum(s.deals for s in found.values()) for pk, found in standings(scope).items()}
    pipelines: dict[int, list[StageRow]] = {}
    for stage in stages_of(scope):
        pipelines.setdefault(stage.pipeline, []).append(stage)
    rows: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for stages in pipelines.values():
        found = [counts.get(stage.pk, 0) for stage in stages]
        parts = shares(found)
        if not parts:
            continue
        is_own = any(stage.pk in own for stage in stages)
        targets = shares([own.get(stage.pk, 0) for stage in stages]) if is_own else _paced(scope, stages)
        for place, stage in enumerate(stages):
            target = targets[place] if targets else None
            rows.append(
                {
                    "stage": stage.label,
                    "stage_id": stage.pk,
                    "count": found[place],
                    "share": share(parts[place]),
                    "target": None if target is None else share(target),
                    "difference": None if target is None else share(parts[place] - target),
                    "deals": f"stage={stage.pk}&status=open",
                }
            )
        told.append(_told(stages, parts, targets, is_own))
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("count", _("Open deals")),
        Column("share", _("Share of the open deals"), "rate"),
        Column("target", _("Target"), "rate"),
        Column("difference", _("Difference"), "rate"),
    ]
    about = [
        Column("pipeline", _("Pipeline"), "text"),
        Column("imbalance", _("Imbalance"), "rate"),
        Column("target", _("Where the target comes from"), "text"),
        Column("advice", _("Advice"), "text"),
    ]
    totals = {"imbalance": told[0]["imbalance"] if len(told) == 1 else None}
    return Part(
        totals,
        [
            Table("shares", _("Shares of the stages"), columns, rows),
            Table("balance", _("Balance"), about, told),
        ],
    )


def _told(
    stages: list[StageRow], parts: list[Decimal], targets: list[Decimal], is_own: bool
) -> dict[str, Any]:
    first = slice(FIRST_STAGES)
    is_starved = bool(targets) and sum(parts[first]) < sum(targets[first]) - STARVED
    advice = _("Too few new deals: create deals and search for contacts.") if is_starved else ""
    if not targets:
        source = _("None yet: too few deals have passed the stages")
    else:
        source = _("Set in the pipeline") if is_own else _("From the pace of the last deals")
    return {
        "pipeline": stages[0].pipeline_name,
        "imbalance": share(imbalance(parts, targets)) if targets else None,
        "target": source,
        "advice": advice,
    }


def _paced(scope: Scope, stages: list[StageRow]) -> list[Decimal]:
    """The shares at which as many deals leave each stage as enter it (M5b); none before every stage was passed."""
    passed, days = by_stage(scope), dwell(scope)
    rates = [passed[s.pk].mature for s in stages[:-1] if s.pk in passed]
    times = [days[s.pk]["mean"] for s in stages if s.pk in days]
    if len(times) < len(stages) or len(rates) < len(stages) - 1 or None in rates:
        return []
    return shares(
        steady(Decimal(1), [Decimal(t) for t in times], [Decimal(r) for r in rates if r is not None])
    )


REPORT = Report(
    "balance",
    gettext_lazy("Balance"),
    gettext_lazy(
        "Each stage's share of the open deals against its target. Imbalance is half the sum of the differences: "
        "0 is even."
    ),
    {"shares": balance},
    {"shares": gettext_lazy("Shares of the stages")},
)
