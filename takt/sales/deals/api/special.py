"""Special opportunities for programs: the reasons, a deal's mark, and the rule of a pipeline."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.sales.deals.api.deals import Id
from takt.sales.deals.commands import special as commands
from takt.sales.deals.models import Deal, SpecialKind
from takt.sales.deals.queries.pipelines import found_pipeline, special_kinds

router = Router(tags=["deals"])


class KindOut(Schema):
    id: int
    name: str
    position: int
    is_active: bool
    version: int


class KindsOut(Schema):
    items: list[KindOut]
    next_cursor: str | None = None


class KindIn(Input):
    name: str


class KindChanges(Input):
    name: str = ""
    is_active: bool = True


class SpecialIn(Input):
    reasons: list[Id]
    version: int | None = None


class SpecialOut(Schema):
    deal: int
    reasons: list[int]
    version: int


class RuleIn(Input):
    """`by` is lead, role (with `role`) or people (with `people`); without a stage no approval is needed."""

    stage: Id | None = None
    by: str = "lead"
    role: str = ""
    people: list[Id] = []
    version: int | None = None


class RuleOut(Schema):
    pipeline: int
    stage: int | None
    approvers: dict[str, Any]
    version: int


def _kind(row: SpecialKind) -> dict[str, Any]:
    return {"id": row.pk, **{f: getattr(row, f) for f in ("name", "position", "is_active", "version")}}


def _rule(row: Any) -> dict[str, Any]:
    return {
        "pipeline": row.pk,
        "stage": row.approval_stage_id,
        "approvers": row.approval_by,
        "version": row.version,
    }


@router.get("/special-kinds", response={200: KindsOut, **PROBLEMS})
def list_special_kinds(request: HttpRequest) -> dict[str, Any]:
    """Why a deal may be a special opportunity."""
    return {"items": [_kind(k) for k in special_kinds()]}


@router.post("/special-kinds", response={201: KindOut, **PROBLEMS})
def add_special_kind(request: HttpRequest, payload: KindIn, response: HttpResponse) -> Any:
    return 201, _kind(commands.add_special_kind(name=payload.name, **acting(request)))


@router.patch("/special-kinds/{int:pk}", response={200: KindOut, **PROBLEMS})
def edit_special_kind(request: HttpRequest, pk: int, payload: KindChanges) -> dict[str, Any]:
    changes = payload.model_dump(exclude_unset=True)
    return _kind(commands.edit_special_kind(pk, changes, **acting(request)))


@router.get("/deals/{int:pk}/special", response={200: SpecialOut, **PROBLEMS})
def get_special(request: HttpRequest, pk: int) -> dict[str, Any]:
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    return {"deal": deal.pk, "reasons": deal.special, "version": deal.version}


@router.put("/deals/{int:pk}/special", response={200: SpecialOut, **PROBLEMS})
def set_special(request: HttpRequest, pk: int, payload: SpecialIn) -> dict[str, Any]:
    """Mark a deal as special for these reasons; none makes it an ordinary one."""
    deal = commands.set_special(pk, payload.reasons, version=payload.version, **acting(request))
    return {"deal": deal.pk, "reasons": deal.special, "version": deal.version}


@router.get("/pipelines/{int:pk}/approval", response={200: RuleOut, **PROBLEMS})
def get_approval_rule(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _rule(found_pipeline(pk))


@router.put("/pipelines/{int:pk}/approval", response={200: RuleOut, **PROBLEMS})
def set_approval_rule(request: HttpRequest, pk: int, payload: RuleIn) -> dict[str, Any]:
    """From which stage on special opportunities need an approval, and whose."""
    approvers = {"kind": payload.by, "role": payload.role, "people": payload.people}
    row = commands.set_approval_rule(
        found_pipeline(pk), payload.stage, approvers, version=payload.version, **acting(request)
    )
    return _rule(row)
