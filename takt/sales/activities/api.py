import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.accounts.models import Absence
from takt.kernel.lists.answers import api_whole
from takt.sales.activities import commands, queries

router = Router(tags=["absences"])


class AbsenceOut(Schema):
    """Whole days, both included; `state` is `ahead`, `now`, `over` or `cancelled`."""

    id: int
    user: int
    deputy: int | None
    from_on: dt.date
    until_on: dt.date
    note: str
    state: str
    version: int


class AbsencesOut(Schema):
    items: list[AbsenceOut]
    next_cursor: str | None
    total: int | None = None


class NewAbsence(Input):
    user: int | str
    from_on: dt.date
    until_on: dt.date
    deputy: int | str | None = None
    note: str = ""


class AbsenceChanges(Input):
    from_on: dt.date | None = None
    until_on: dt.date | None = None
    deputy: int | str | None = None
    note: str = ""


def _json(request: HttpRequest, row: Absence | queries.Away) -> dict[str, Any]:
    shown = (
        row if isinstance(row, queries.Away) else queries.away(row, request.user, at=acting(request)["at"])
    )
    fields = ("user", "deputy", "from_on", "until_on", "note", "state", "version")
    return {"id": shown.pk, **{field: getattr(shown, field) for field in fields}}


@router.get("/absences", response={200: AbsencesOut, **PROBLEMS}, exclude_unset=True)
def list_absences(request: HttpRequest) -> dict[str, Any]:
    rows = queries.absences_of(request.user, at=acting(request)["at"])
    return api_whole(request, [_json(request, row) for row in rows])


@router.post("/absences", response={201: AbsenceOut, **PROBLEMS})
def record_absence(request: HttpRequest, payload: NewAbsence) -> tuple[int, dict[str, Any]]:
    return 201, _json(request, commands.record_absence(**payload.dict(), **acting(request)))


@router.patch("/absences/{int:pk}", response={200: AbsenceOut, **PROBLEMS})
def change_absence(request: HttpRequest, pk: int, payload: AbsenceChanges) -> dict[str, Any]:
    changes = payload.dict(exclude_unset=True)
    row = commands.change_absence(pk, changes, version=version_in(request), **acting(request))
    return _json(request, row)


@router.post(
    "/absences/{int:pk}/end", response={200: AbsenceOut, **PROBLEMS}, summary="Back early, or not going"
)
def end_absence(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _json(request, commands.end_absence(pk, **acting(request)))
