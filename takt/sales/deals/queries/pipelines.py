"""What the settings of pipelines show: stages with the open deals in them, and what is odd about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import Role, User
from takt.kernel.lib.refusals import NotFound
from takt.sales.contacts.models import Source
from takt.sales.deals.first_pipelines import TEMPLATES, stages_in
from takt.sales.deals.hooks import cycle_ends
from takt.sales.deals.models import (
    DealType,
    LossReason,
    Pipeline,
    SpecialKind,
    Stage,
    StagePassage,
    StageTotal,
)
from takt.sales.deals.queries.gates import read_asked


@dataclass(frozen=True)
class StageRow:
    """A stage at its place, counted from 0, with the open deals of the whole firm in it."""

    stage: Stage
    place: int
    open: int


@dataclass(frozen=True)
class PipelineRow:
    pipeline: Pipeline
    place: int
    stages: list[StageRow]

    @property
    def open(self) -> int:
        return sum(s.open for s in self.stages)


def pipeline_rows() -> list[PipelineRow]:
    """Every pipeline in its order, retired ones too."""
    rows = Pipeline.objects.select_related("default_owner").prefetch_related("stages")
    found = list(rows.order_by("position", "id"))
    counts = _open_by_stage(s.pk for p in found for s in p.stages.all())
    return [PipelineRow(p, place, _stage_rows(p.stages.all(), counts)) for place, p in enumerate(found)]


def stage_rows(pipeline: Pipeline) -> list[StageRow]:
    stages = list(pipeline.stages.all())
    return _stage_rows(stages, _open_by_stage(s.pk for s in stages))


def _stage_rows(stages: Iterable[Stage], counts: dict[int, int]) -> list[StageRow]:
    ordered = sorted(stages, key=lambda s: s.position)
    return [StageRow(s, place, counts.get(s.pk, 0)) for place, s in enumerate(ordered)]


def _open_by_stage(stages: Iterable[int]) -> dict[int, int]:
    totals = StageTotal.objects.filter(stage__in=list(stages)).values_list("stage")
    return dict(totals.annotate(sum=Sum("deals")).values_list("stage", "sum"))


def found_pipeline(pk: int) -> Pipeline:
    return _found(Pipeline.objects.all(), pk)  # type: ignore[no-any-return]


def found_stage(pk: int) -> Stage:
    return _found(Stage.objects.select_related("pipeline"), pk)  # type: ignore[no-any-return]


def _found(rows: Any, pk: int) -> Any:
    row = rows.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


MOST_PASSED = 10_000


@dataclass(frozen=True)
class Usage:
    """What hangs on a stage: open deals, closed ones, and every deal that passed through."""

    open: int
    closed: int
    passed: int
    is_more: bool = False  # more than `passed` passed through

    @property
    def is_none(self) -> bool:
        return not (self.open or self.closed or self.passed)


def usage_of(stage: Stage) -> Usage:
    alive = Q(deleted_at=None)
    counts = stage.deals.aggregate(  # type: ignore[attr-defined]
        open=Count("id", filter=alive & Q(status="open")), closed=Count("id", filter=~Q(status="open"))
    )
    passed = StagePassage.objects.filter(stage=stage).values("deal").distinct()[: MOST_PASSED + 1].count()
    return Usage(counts["open"], counts["closed"], min(passed, MOST_PASSED), is_more=passed > MOST_PASSED)


def gate_as_given(stage: Stage) -> dict[str, Any]:
    """What a stage asks for, as `set_gate` takes it: plain values."""
    criteria, fields = read_asked(stage.pipeline_id).get(stage.pk, ((), ()))
    return {
        "criteria": [{"text": c.text, "check": c.check, "number": c.number} for c in criteria],
        "fields": [{"field": f.field, "not_past": f.not_past} for f in fields],
    }


def owner_choices(chosen: int | None) -> list[tuple[Any, str]]:
    """Active people, and whoever is chosen now."""
    people = User.objects.filter(Q(is_active=True) | Q(pk=chosen)).order_by("sort_key")
    return [("", "–"), *people.values_list("pk", "name")]


def cycle_end_choices() -> list[dict[str, Any]]:
    """Where a cycle may end, what each choice risks (domain spec P6), and whether Takt records it today."""
    risks = {
        "won": _("The days until the signature or the order. What follows is not the seller's business any more."),
        "invoice_paid": _("The seller follows the money too, but once it is paid he loses interest in the customer."),
        "shipped": _("The seller goes along to the end, but debts of those who pay later stay open, and he has more to do."),
    }  # fmt: skip
    return [
        {"value": value, "label": label, "risk": risks[value], "is_known": value in cycle_ends}
        for value, label in Pipeline.CycleEnd.choices
    ]


def source_starts(pipeline: Pipeline, typed: dict[str, str] | None) -> list[dict[str, Any]]:
    """Each source with where the cycle of its deals starts, where that differs from the pipeline's own."""
    chosen = pipeline.cycle_start_by_source if typed is None else typed
    rows = Source.objects.filter(is_active=True).order_by("position", "id").values_list("pk", "name")
    return [{"id": pk, "name": name, "start": chosen.get(str(pk), "")} for pk, name in rows]


def mode_choices() -> list[tuple[str, str, str]]:
    return [
        ("off", _("Off"), _("Nothing is asked.")),
        ("warn", _("Warn"), _("The deal goes on; what is missing is told and listed.")),
        (
            "enforce",
            _("Enforce"),
            _("The deal stays until nothing is missing. A manager may force it, with a reason."),
        ),
    ]


def first_stages(choice: str, language: str) -> tuple[list[dict[str, Any]], str]:
    """The stages a new pipeline starts with, and how strictly its gates are held: of a template by name, or those of
    the pipeline with this id."""
    if choice in TEMPLATES:
        return stages_in(TEMPLATES[choice], language), TEMPLATES[choice].gate_mode
    pk = int(choice) if choice.isascii() and choice.isdigit() and len(choice) < 19 else 0
    rows = Stage.objects.filter(pipeline=pk).order_by("position").select_related("pipeline")
    fields = ("name", "probability", "norm_days", "max_gap_days", "level", "hint", "color")
    found = [{f: getattr(s, f) for f in fields} | gate_as_given(s) for s in rows]
    return found, "off" if any(s.pipeline.gate_mode == "off" for s in rows) else "warn"


def first_stage_choices() -> list[tuple[str, str]]:
    same = _("The same as in “%(pipeline)s”")
    return [
        ("simple", _("Simple: new, in work, for signing; its gates are off")),
        ("b2b", _("B2B: seven stages with criteria and required fields; its gates warn")),
        (
            "enterprise",
            _("Enterprise: B2B with BANT, MEDDIC, two contacts, competitors and the economic buyer"),
        ),
        *[(str(p.pk), same % {"pipeline": p.name}) for p in Pipeline.objects.order_by("position", "id")],
    ]


def approval_choices(pipeline: Pipeline) -> dict[str, Any]:
    """The form of the rule of approval: the stages, the roles and the people to choose from, and what holds now."""
    rule = pipeline.approval_by or {}
    people = User.objects.filter(Q(is_active=True) | Q(pk__in=rule.get("people") or [])).order_by("sort_key")
    return {
        "kind": rule.get("kind", "lead"),
        "role": rule.get("role", "head"),
        "people": set(rule.get("people") or []),
        "roles": Role.choices,
        "everybody": list(people.values_list("pk", "name")),
    }


def special_kinds() -> list[SpecialKind]:
    return list(SpecialKind.objects.order_by("position", "id"))


def deal_types() -> list[DealType]:
    return list(DealType.objects.order_by("position", "id"))


def loss_reasons() -> list[LossReason]:
    """The reasons people choose from; Takt's own last."""
    return list(LossReason.objects.order_by("is_system", "position", "id"))
