"""Where a deal stands, for programs: stages, pipelines, its end and its return, snooze and owner."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.sales.deals import commands
from takt.sales.deals.api.answers import answer, missing_json, snooze_of, version_read
from takt.sales.deals.api.shapes import (
    DealOut,
    LossCorrectionIn,
    LossIn,
    MovedOut,
    MoveIn,
    OwnerIn,
    PipelineIn,
    ReopeningIn,
    SnoozeIn,
    WinIn,
)
from takt.sales.deals.commands import Snooze

router = Router(tags=["deals"])


@router.post("/deals/{int:pk}/move", response={200: MovedOut, **PROBLEMS})
def move_deal(request: HttpRequest, pk: int, payload: MoveIn, response: HttpResponse) -> dict[str, Any]:
    """Put a deal into a stage. Where gates are enforced, 409 stage_gate names all that is missing; who may passes with
    `force` and a `reason`. Where they warn, `missing` names it. Its owner's way back needs a `reason`
    (409 reason_required)."""
    version = version_read(request, pk, payload.version)
    moved = commands.move_deal(
        pk, payload.stage, version=version, force=payload.force, reason=payload.reason, **acting(request)
    )
    return answer(request, pk, response) | {"missing": missing_json(moved.missing)}


@router.post("/deals/{int:pk}/pipeline", response={200: MovedOut, **PROBLEMS})
def change_pipeline(
    request: HttpRequest, pk: int, payload: PipelineIn, response: HttpResponse
) -> dict[str, Any]:
    """Move an open deal to another pipeline, into its first stage unless one is given."""
    version = version_read(request, pk, payload.version)
    moved = commands.change_pipeline(
        pk, payload.pipeline, stage=payload.stage, version=version, force=payload.force, reason=payload.reason,
        **acting(request),
    )  # fmt: skip
    return answer(request, pk, response) | {"missing": missing_json(moved.missing)}


@router.post("/deals/{int:pk}/win", response={200: MovedOut, **PROBLEMS})
def win_deal(
    request: HttpRequest, pk: int, response: HttpResponse, payload: WinIn | None = None
) -> dict[str, Any]:
    """Close as won; 409 stage_gate names what a won deal can't do without, `missing` what was never confirmed."""
    version = version_read(request, pk, payload.version if payload else None)
    won = commands.win_deal(pk, version=version, **acting(request))
    return answer(request, pk, response) | {"missing": missing_json(won.missing)}


@router.post("/deals/{int:pk}/lose", response={200: DealOut, **PROBLEMS})
def lose_deal(request: HttpRequest, pk: int, payload: LossIn, response: HttpResponse) -> dict[str, Any]:
    """Close as lost, with the reason (slug or id)."""
    version = version_read(request, pk, payload.version)
    commands.lose_deal(
        pk,
        payload.reason,
        comment=payload.comment,
        competitor=payload.competitor,
        try_again_on=payload.try_again_on,
        version=version,
        **acting(request),
    )
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/loss", response={200: DealOut, **PROBLEMS})
def correct_loss(
    request: HttpRequest, pk: int, payload: LossCorrectionIn, response: HttpResponse
) -> dict[str, Any]:
    """Correct why a lost deal was lost."""
    version = version_read(request, pk, payload.version)
    given = payload.model_dump(exclude={"version"})
    commands.correct_loss(pk, given.pop("reason"), **given, version=version, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/reopen", response={200: DealOut, **PROBLEMS})
def reopen_deal(
    request: HttpRequest, pk: int, response: HttpResponse, payload: ReopeningIn | None = None
) -> dict[str, Any]:
    """Return a closed deal to work, with its next step."""
    payload = payload or ReopeningIn()
    version = version_read(request, pk, payload.version)
    commands.reopen_deal(
        pk,
        stage=payload.stage,
        next_task=payload.next_task.new() if payload.next_task else None,
        snooze=snooze_of(payload.snooze_until, payload.snooze_reason),
        force=payload.force,
        reason=payload.reason,
        version=version,
        **acting(request),
    )
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/snooze", response={200: DealOut, **PROBLEMS})
def snooze_deal(request: HttpRequest, pk: int, payload: SnoozeIn, response: HttpResponse) -> dict[str, Any]:
    version = version_read(request, pk, payload.version)
    commands.snooze_deal(pk, Snooze(payload.until, payload.reason), version=version, **acting(request))
    return answer(request, pk, response)


@router.post("/deals/{int:pk}/assign", response={200: DealOut, **PROBLEMS})
def assign_deal(request: HttpRequest, pk: int, payload: OwnerIn, response: HttpResponse) -> dict[str, Any]:
    version = version_read(request, pk, payload.version)
    commands.assign_deal(pk, payload.owner, version=version, **acting(request))
    return answer(request, pk, response)
