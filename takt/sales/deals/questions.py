"""What is asked of all deals of a pipeline at once; in a large organisation the worker finds it."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from takt.kernel.access.reach import sight_of
from takt.kernel.accounts.models import User
from takt.kernel.jobs.answers import Answer, answer, question
from takt.sales.deals.models import Pipeline
from takt.sales.deals.queries import passings
from takt.sales.deals.queries.linter import Told, findings_of
from takt.sales.deals.queries.passings import Held, Preview, StagePreview
from takt.sales.deals.rules_gates import Missing


def _sight(user: User | None) -> list[Any]:
    return sight_of(user, "deal")


def _setting(pipeline: Pipeline) -> dict[str, int]:
    """A pipeline as it is set now: once it is changed, what was found before says nothing any more."""
    stages = sum(stage.version for stage in pipeline.stages.all())  # type: ignore[attr-defined]
    return {"pipeline": pipeline.pk, "version": pipeline.version, "stages": stages}


@question("deals.findings", sight=_sight)
def _findings(user: User, *, at: dt.datetime, pipeline: int, version: int, stages: int) -> Any:
    row = Pipeline.objects.get(pk=pipeline)
    return [asdict(one) for one in findings_of(row, list(row.stages.all()), at)]  # type: ignore[attr-defined]


def findings(pipeline: Pipeline, *, user: User, at: dt.datetime) -> list[Told] | None:
    """What to look at in a pipeline; None while that is still looked for."""
    found = answer("deals.findings", _setting(pipeline), user=user, at=at)
    return None if found.value is None else [Told(**one) for one in found.value]


@question("deals.gate_preview", sight=_sight)
def _gate_preview(user: User, *, at: dt.datetime, pipeline: int, version: int, stages: int) -> Any:
    found = passings.gate_preview(Pipeline.objects.get(pk=pipeline), at)
    told = [{"stage": s.stage.pk, "open": s.open, "held": s.held, "items": s.items} for s in found.stages]
    deals = [asdict(one) for one in found.deals]
    counts = {"open": found.open, "judged": found.judged, "quick": found.quick, "held": found.held}
    return {**counts, "stages": told, "deals": deals}


def gate_preview(pipeline: Pipeline, *, user: User, at: dt.datetime) -> tuple[Preview | None, Answer]:
    """What enforcing the gates would mean today; None while that is still counted."""
    found = answer("deals.gate_preview", _setting(pipeline), user=user, at=at)
    if found.value is None:
        return None, found
    rows = {stage.pk: stage for stage in pipeline.stages.all()}  # type: ignore[attr-defined]
    stages = [
        StagePreview(rows[s["stage"]], s["open"], s["held"], [(text, n) for text, n in s["items"]])
        for s in found.value["stages"]
        if s["stage"] in rows
    ]
    deals = [Held(**{**d, "missing": [Missing(**m) for m in d["missing"]]}) for d in found.value["deals"]]
    counts = {name: found.value[name] for name in ("open", "judged", "quick", "held")}
    return Preview(**counts, stages=stages, deals=deals), found
