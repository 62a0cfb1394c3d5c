"""What is the same for a company and for a person: answering one, and the acts that both have."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import check_if_match, custom_of, with_etag
from takt.sales.contacts import classifiers
from takt.sales.contacts.api.shapes import MergeOtherIn
from takt.sales.contacts.kinds import Kind
from takt.sales.contacts.lists import HELD
from takt.sales.contacts.queries import Duplicate, became, duplicates_of

OF_BOTH = ("id", "name", "about", "tags", "completeness", "created_at", "updated_at", "version")
OF_COMPANY = (
    *("level", "level_is_manual", "level_reason", *classifiers.NAMES, "interests", "next_contact_on"),
    *("tax_id", "industry", "region", "address", "website", "employees", "founded_year"),
)


def _json(row: Any, *more: str) -> dict[str, Any]:
    plain = {field: getattr(row, field) for field in (*OF_BOTH, *more)}
    channels = {"phones": row.phone_list, "emails": row.email_list}
    return plain | channels | {"owner": row.owner_id, "source": row.source_id}


def company_json(row: Any) -> dict[str, Any]:
    """A company as the API answers it; a company above it that is hidden from the reader is null."""
    revenue = None if row.annual_revenue is None else str(row.annual_revenue)
    standing = {name: getattr(row, f"held_{name}") for name in HELD} | {"segment": row.held_segment or ""}
    return _json(row, *OF_COMPANY) | {"parent": row.seen_parent, "annual_revenue": revenue} | standing


def contact_json(row: Any) -> dict[str, Any]:
    """A person as the API answers him; a company hidden from the reader is null."""
    return _json(row, "position", "language", "time_zone", "company_since") | {"company": row.seen_company_id}


JSON = {"company": company_json, "contact": contact_json}


def _warnings(found: list[Duplicate]) -> list[dict[str, Any]]:
    return [
        {"level": d.level, "kind": d.kind, "id": d.record.pk, "name": d.record.name, "message": d.why}
        for d in found
    ]


def row_of(request: HttpRequest, of: Kind, pk: int) -> Any:
    return of.rows(request.user).found(pk, by=request.user)  # type: ignore[arg-type]


def answer(request: HttpRequest, of: Kind, pk: int, response: HttpResponse | None = None) -> dict[str, Any]:
    row = row_of(request, of, pk)
    if response is not None:
        with_etag(response, row)
    return JSON[of.name](row) | {"custom": custom_of(of.name, row, request.user)}  # type: ignore[arg-type]


def get(request: HttpRequest, of: Kind, pk: int, response: HttpResponse) -> Any:
    """The record; a merged one answers 307 with the address of what it became."""
    try:
        return answer(request, of, pk, response)
    except NotFound:
        if (now := became(of.model, pk, request.user)) is None:
            raise
    return HttpResponse(status=307, headers={"Location": f"/api/v1{of.path}/{now}"})


def merge(request: HttpRequest, of: Kind, pk: int, payload: MergeOtherIn) -> Any:
    check_if_match(request, row_of(request, of, pk))
    _survivor, done = of.merge(pk, payload.other, take=payload.take, **acting(request))
    return answer(request, of, pk) | {"merge": done.pk}


def unmerge(request: HttpRequest, of: Kind, merge: int) -> Any:
    record, stayed = of.unmerge(merge, **acting(request))
    return answer(request, of, record.pk) | {"stayed": stayed}


def create(request: HttpRequest, of: Kind, payload: Any, response: HttpResponse) -> Any:
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=payload.name,
        phones=[p if isinstance(p, str) else p.number for p in payload.phones],
        emails=payload.emails,
        tax_id=getattr(payload, "tax_id", ""),
        region=getattr(payload, "region", ""),
        kind=of.name,
    )
    made = of.create(**({"custom": {}} | payload.model_dump(exclude_unset=True)), **acting(request))
    response["Location"] = f"/api/v1{of.path}/{made.pk}"
    return 201, answer(request, of, made.pk, response) | {"warnings": _warnings(found)}


def edit(request: HttpRequest, of: Kind, pk: int, payload: Any, response: HttpResponse) -> Any:
    check_if_match(request, row_of(request, of, pk))
    changes = payload.model_dump(exclude_unset=True, exclude={"version"})
    version = payload.version if payload.version is not None else version_in(request)
    of.edit(pk, changes, version=version, **acting(request))
    return answer(request, of, pk, response)


def delete(request: HttpRequest, of: Kind, pk: int) -> Any:
    check_if_match(request, row_of(request, of, pk))
    of.delete(pk, version=version_in(request), **acting(request))
    return 204, None


def restore(request: HttpRequest, of: Kind, pk: int) -> Any:
    of.restore(pk, **acting(request))
    return answer(request, of, pk)
