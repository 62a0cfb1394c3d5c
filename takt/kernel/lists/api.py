from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Filled, Input
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists import commands
from takt.kernel.lists.answers import api_list, check_if_match, with_etag
from takt.kernel.lists.lists import VIEWS
from takt.kernel.lists.models import SavedView
from takt.kernel.lists.queries import views_of
from takt.kernel.lists.stream import stream, wanted

router = Router(tags=["views"])


class NewView(Input):
    resource: Filled
    name: Filled
    query: str = ""
    is_shared: bool = False


class ViewChange(Input):
    name: str | None = None
    query: str | None = None
    is_shared: bool | None = None


def as_json(row: SavedView) -> dict[str, Any]:
    return {
        "id": row.pk,
        "resource": row.resource,
        "name": row.name,
        "query": row.query,
        "owner": row.owner_id,
        "is_shared": row.is_shared,
        "created_at": row.created_at,
        "version": row.version,
    }


def _found(request: HttpRequest, pk: int) -> SavedView:
    if not 0 < pk < 2**63:
        raise NotFound
    row = views_of(request.user).filter(pk=pk).first()  # type: ignore[arg-type]
    if row is None:
        raise NotFound
    return row


@router.get("/views", response={200: dict[str, Any], **PROBLEMS})
def list_views(request: HttpRequest) -> Any:
    """One's own saved views and those shared with everybody."""
    return api_list(request, VIEWS, views_of(request.user), as_json)  # type: ignore[arg-type]


@router.post("/views", response={201: dict[str, Any], **PROBLEMS})
def save_view(request: HttpRequest, payload: NewView, response: HttpResponse) -> Any:
    row = commands.save_view(
        payload.resource, payload.name, payload.query, is_shared=payload.is_shared, **acting(request)
    )
    response["Location"] = f"/api/v1/views/{row.pk}"
    with_etag(response, row)
    return 201, as_json(row)


@router.get("/views/{pk}", response={200: dict[str, Any], **PROBLEMS})
def get_view(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    row = _found(request, pk)
    with_etag(response, row)
    return as_json(row)


@router.patch("/views/{pk}", response={200: dict[str, Any], **PROBLEMS})
def edit_view(request: HttpRequest, pk: int, payload: ViewChange, response: HttpResponse) -> Any:
    """Rename a view, give it other filters, share it or take it back."""
    row = _found(request, pk)
    check_if_match(request, row)
    row = commands.edit_view(
        pk, payload.dict(exclude_unset=True), version=version_in(request), **acting(request)
    )
    with_etag(response, row)
    return as_json(row)


@router.delete("/views/{pk}", response={204: None, **PROBLEMS})
def delete_view(request: HttpRequest, pk: int) -> Any:
    check_if_match(request, _found(request, pk))
    commands.delete_view(pk, version=version_in(request), **acting(request))
    return 204, None


@router.get("/events", response={200: dict[str, Any], **PROBLEMS}, tags=["events"])
def list_events(
    request: HttpRequest, subject: str = "", kind: str = "", after: str = "", limit: str = ""
) -> Any:
    """The stream of events: nothing is skipped, nothing comes twice.

    Each item has its `cursor`; ask on with `after` = the last one you have taken.
    """
    if unknown := sorted(request.GET.keys() - {"subject", "kind", "after", "limit"}):
        raise Invalid.field(unknown[0][:80], _("The stream has no such filter."), "unknown_filter")
    return stream(wanted(subject, kind, after, limit), request.user)  # type: ignore[arg-type]
