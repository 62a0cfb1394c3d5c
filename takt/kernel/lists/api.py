from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Filled, Input
from takt.kernel.lib.refusals import Invalid, NotFound, Refused
from takt.kernel.lists import commands
from takt.kernel.lists.acts import doings
from takt.kernel.lists.answers import api_list, check_if_match, with_etag
from takt.kernel.lists.jobs import enqueue
from takt.kernel.lists.lists import VIEWS
from takt.kernel.lists.models import BulkRun, SavedView
from takt.kernel.lists.queries import chosen_by, left_out_of, views_of
from takt.kernel.lists.stream import stream, wanted
from takt.kernel.undo.commands import take_back

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


class BulkIn(Input):
    """One act on the records of `ids`, or on all that `filter` (a query as of the list itself) leaves."""

    act: str
    arguments: dict[str, Any] = {}
    ids: list[int] | None = None
    filter: str | None = None
    expected: int | None = None


def run_as_json(run: BulkRun, user: Any) -> dict[str, Any]:
    what = doings[run.resource]
    left, count = left_out_of(run, what, user)
    return {
        "id": run.pk,
        "resource": run.resource,
        "act": run.act,
        "state": run.state,
        "total": run.total,
        "done": run.done,
        "changed": run.changed,
        "left_out": count,
        "skipped": [{"name": name, "path": path, "reason": why} for name, path, why in left],
        "returned": run.returned,
        "kept": run.kept,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


@router.post(
    "/{slug:resource}/bulk", response={200: dict[str, Any], 202: dict[str, Any], **PROBLEMS}, tags=["bulk"]
)
def bulk(request: HttpRequest, resource: str, payload: BulkIn) -> Any:
    """Do one act with many records: deals (move, assign, edit, tag, lose, delete), companies and contacts (assign,
    edit, tag, delete), tasks (reschedule, reassign), products (edit); what is in the recycle bin (`bin_deals` and its
    like: restore, purge, which can't be taken back).

    Up to 500 records at once; more are done in the background (202), and `/bulk/{id}` tells how far that is.
    """
    what = doings.get(resource)
    if what is None or (payload.ids is None) == (payload.filter is None):
        raise Invalid.field(
            "ids", _("Name either the records or a filter of a list that has such acts."), "required"
        )
    chosen: dict[str, Any] = {"ids": payload.ids}
    if payload.filter is not None:
        chosen = {"rows": chosen_by(what, payload.filter, request.user)}  # type: ignore[arg-type]
    run = commands.start_bulk(
        resource, payload.act, payload.arguments, expected=payload.expected, **chosen, **acting(request)
    )
    if run.state == BulkRun.State.RUNNING:
        enqueue(run.pk)
        return 202, run_as_json(run, request.user)
    return 200, run_as_json(run, request.user)


def _run(request: HttpRequest, pk: int) -> BulkRun:
    row = BulkRun.objects.filter(pk=pk, user=request.user).first() if 0 < pk < 2**63 else None
    if row is None or row.resource not in doings:
        raise NotFound
    return row


@router.get("/bulk/{int:pk}", response={200: dict[str, Any], **PROBLEMS}, tags=["bulk"])
def bulk_run(request: HttpRequest, pk: int) -> Any:
    """How far an act on many records has come, and what it left out."""
    return run_as_json(_run(request, pk), request.user)


@router.post("/bulk/{int:pk}/stop", response={200: dict[str, Any], **PROBLEMS}, tags=["bulk"])
def stop_bulk(request: HttpRequest, pk: int) -> Any:
    """End an act where it stands."""
    commands.stop_bulk(_run(request, pk).pk, **acting(request))
    return run_as_json(_run(request, pk), request.user)


@router.post("/bulk/{int:pk}/undo", response={200: dict[str, Any], **PROBLEMS}, tags=["bulk"])
def undo_bulk(request: HttpRequest, pk: int) -> Any:
    """Take an act on many records back, within ten minutes after its end; what was changed since is kept."""
    token = _run(request, pk).undo
    if token is None:
        raise Refused(_("This act can't be taken back now."), code="wrong_state")
    take_back(token, **acting(request))
    return run_as_json(_run(request, pk), request.user)


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
