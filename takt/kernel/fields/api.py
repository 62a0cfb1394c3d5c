"""One's own fields for programs; their values stand in each record under `custom`."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Filled, Input, one_of
from takt.kernel.fields import commands
from takt.kernel.fields.lists import FIELDS
from takt.kernel.fields.models import Entity, FieldDefinition, FieldKind, FieldQuerySet
from takt.kernel.fields.queries import readable_fields
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import api_list, check_if_match, with_etag

router = Router(tags=["fields"])


class OptionIn(Input):
    key: str | None = None
    label: str
    is_active: bool = True


class NewFieldIn(Input):
    """`entity` is deal, company, contact or product; `only_record` makes it a field of that one record."""

    entity: one_of(Entity.values)  # type: ignore[valid-type]
    name: Filled
    kind: one_of(FieldKind.values)  # type: ignore[valid-type]
    slug: str = ""
    options: list[str | OptionIn] = []
    hint: str = ""
    is_required: bool = False
    only_record: int | None = Field(None, ge=1, le=2**63 - 1)


class FieldChange(Input):
    """Only what is sent is changed; `options` is the whole list, and one that is left out is retired."""

    name: str = ""
    hint: str = ""
    is_required: bool = False
    options: list[str | OptionIn] = []
    version: int | None = None


class PlaceIn(Input):
    place: int = Field(ge=0, le=30_000)
    version: int | None = None


class OptionOut(Schema):
    key: str
    label: str
    is_active: bool


class FieldOut(Schema):
    id: int
    entity: str
    slug: str = Field(description="The key under `custom`; filters and columns of lists call it cf_<slug>")
    name: str
    kind: str
    options: list[OptionOut]
    position: int
    is_required: bool
    hint: str
    only_record: int | None
    retired_at: dt.datetime | None
    created_at: dt.datetime
    version: int


class FieldsOut(Schema):
    items: list[FieldOut]
    next_cursor: str | None
    total: int | None = None


def field_json(row: FieldDefinition) -> dict[str, Any]:
    names = (
        "id",
        "entity",
        "slug",
        "name",
        "kind",
        "options",
        "position",
        "is_required",
        "hint",
        "only_record",
    )
    return {n: getattr(row, n) for n in (*names, "retired_at", "created_at", "version")}


def _rows(request: HttpRequest) -> FieldQuerySet:
    return readable_fields(request.user)


def _found(request: HttpRequest, pk: int) -> FieldDefinition:
    row = _rows(request).filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


def _answer(row: FieldDefinition, response: HttpResponse) -> dict[str, Any]:
    with_etag(response, row)
    return field_json(row)


def _version(request: HttpRequest, row: FieldDefinition, given: int | None = None) -> int | None:
    check_if_match(request, row)
    return given if given is not None else version_in(request)


def _plain(payload: Any) -> dict[str, Any]:
    found: dict[str, Any] = payload.model_dump(exclude_unset=True, exclude={"version"})
    return found


@router.get("/fields", response={200: FieldsOut, **PROBLEMS}, exclude_unset=True)
def list_fields(request: HttpRequest) -> Any:
    """The fields of all kinds of record, retired ones too; `entity=deal&retired_at__empty=true` for those in use."""
    return api_list(request, FIELDS, _rows(request), field_json)


@router.post("/fields", response={201: FieldOut, **PROBLEMS})
def create_field(request: HttpRequest, payload: NewFieldIn, response: HttpResponse) -> Any:
    row = commands.create_field(**_plain(payload), **acting(request))
    response["Location"] = f"/api/v1/fields/{row.pk}"
    return 201, _answer(row, response)


@router.get("/fields/{int:pk}", response={200: FieldOut, **PROBLEMS})
def one_field(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    return _answer(_found(request, pk), response)


@router.patch("/fields/{int:pk}", response={200: FieldOut, **PROBLEMS})
def edit_field(request: HttpRequest, pk: int, payload: FieldChange, response: HttpResponse) -> Any:
    """Rename a field, change its hint, options or whether it is required. Its slug and kind never change."""
    version = _version(request, _found(request, pk), payload.version)
    return _answer(commands.edit_field(pk, _plain(payload), version=version, **acting(request)), response)


@router.post("/fields/{int:pk}/move", response={200: FieldOut, **PROBLEMS})
def move_field(request: HttpRequest, pk: int, payload: PlaceIn, response: HttpResponse) -> Any:
    """Put a field at a place among those in use, counted from 0."""
    version = _version(request, _found(request, pk), payload.version)
    return _answer(commands.move_field(pk, payload.place, version=version, **acting(request)), response)


@router.post("/fields/{int:pk}/retire", response={200: FieldOut, **PROBLEMS})
def retire_field(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """Take a field out of use; its values are kept."""
    version = _version(request, _found(request, pk))
    return _answer(commands.retire_field(pk, version=version, **acting(request)), response)


@router.post("/fields/{int:pk}/restore", response={200: FieldOut, **PROBLEMS})
def restore_field(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """Bring a retired field back, with the values it had."""
    version = _version(request, _found(request, pk))
    return _answer(commands.restore_field(pk, version=version, **acting(request)), response)
