"""Companies for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS
from takt.kernel.lists.answers import api_list, check_if_match
from takt.sales.contacts import commands
from takt.sales.contacts.api import acts
from takt.sales.contacts.api.acts import company_json
from takt.sales.contacts.api.shapes import (
    Companies,
    Company,
    CompanyChange,
    CompanyCreated,
    CompanyMerged,
    CompanyUnmerged,
    LevelIn,
    MergeOtherIn,
    NewCompany,
    Places,
)
from takt.sales.contacts.kinds import COMPANY
from takt.sales.contacts.queries import former_people

router = Router(tags=["companies and contacts"])


@router.get("/companies", response={200: Companies, **PROBLEMS}, exclude_unset=True)
def list_companies(request: HttpRequest) -> Any:
    """Companies that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, COMPANY.spec, COMPANY.rows(request.user), company_json)  # type: ignore[arg-type]


@router.post("/companies", response={201: CompanyCreated, **PROBLEMS})
def create_company(request: HttpRequest, payload: NewCompany, response: HttpResponse) -> Any:
    """Add a company. What looks like the same customer is named in `warnings`; it is added all the same."""
    return acts.create(request, COMPANY, payload, response)


@router.get("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def get_company(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """One record; the number of a merged one leads to what it became (307)."""
    return acts.get(request, COMPANY, pk, response)


@router.patch("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def edit_company(request: HttpRequest, pk: int, payload: CompanyChange, response: HttpResponse) -> Any:
    return acts.edit(request, COMPANY, pk, payload, response)


@router.delete("/companies/{int:pk}", response={204: None, **PROBLEMS})
def delete_company(request: HttpRequest, pk: int) -> Any:
    """Move a company to the recycle bin; administrators only."""
    return acts.delete(request, COMPANY, pk)


@router.post("/companies/{int:pk}/restore", response={200: Company, **PROBLEMS})
def restore_company(request: HttpRequest, pk: int) -> Any:
    return acts.restore(request, COMPANY, pk)


@router.post("/companies/{int:pk}/merge", response={200: CompanyMerged, **PROBLEMS})
def merge_companies(request: HttpRequest, pk: int, payload: MergeOtherIn) -> Any:
    """Make two companies one. It needs the right to change both and to delete the other."""
    return acts.merge(request, COMPANY, pk, payload)


@router.post("/companies/merges/{int:merge}/undo", response={200: CompanyUnmerged, **PROBLEMS})
def unmerge_companies(request: HttpRequest, merge: int) -> Any:
    """Make a merged record one of its own again; answers it, with how much stays where it is."""
    return acts.unmerge(request, COMPANY, merge)


@router.post("/companies/{int:pk}/level", response={200: Company, **PROBLEMS})
def set_level(request: HttpRequest, pk: int, payload: LevelIn, response: HttpResponse) -> Any:
    """Set the level by hand, with a reason; no rule changes it until it is released."""
    check_if_match(request, acts.row_of(request, COMPANY, pk))
    commands.set_level(
        pk, payload.level, reason=payload.reason, version=version_in(request), **acting(request)
    )
    return acts.answer(request, COMPANY, pk, response)


@router.delete("/companies/{int:pk}/level", response={200: Company, **PROBLEMS})
def release_level(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """Leave the level to the rule again."""
    check_if_match(request, acts.row_of(request, COMPANY, pk))
    commands.release_level(pk, version=version_in(request), **acting(request))
    return acts.answer(request, COMPANY, pk, response)


@router.get("/companies/{int:pk}/former-people", response={200: Places, **PROBLEMS})
def list_former_people(request: HttpRequest, pk: int) -> Any:
    """Who worked here before, the last to leave first."""
    return {"items": [vars(p) for p in former_people(acts.row_of(request, COMPANY, pk), request.user)]}
