import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lists.answers import api_list, check_if_match, with_etag
from takt.sales.contacts import commands
from takt.sales.contacts.lists import COMPANIES, CONTACTS, company_rows, contact_rows
from takt.sales.contacts.queries import Duplicate, duplicates_of

router = Router(tags=["companies and contacts"])

type Ref = int | str | None


class PhoneIn(Input):
    number: str
    kind: str = ""


class CompanyFields(Input):
    owner: Ref = None
    parent: int | None = None
    tax_id: str = ""
    industry: str = ""
    region: str = ""
    address: str = ""
    website: str = ""
    employees: int | None = None
    founded_year: int | None = None
    annual_revenue: str | int | None = Field(None, description="Decimal as a string")
    about: str = ""
    source: Ref = None
    tags: list[str] = []
    phones: list[str | PhoneIn] = []
    emails: list[str] = []


class NewCompany(CompanyFields):
    name: str


class CompanyChange(CompanyFields):
    """Only what is sent is changed; `phones` and `emails` replace the whole list."""

    name: str = ""
    version: int | None = None


class ContactFields(Input):
    company: int | None = None
    position: str = ""
    owner: Ref = None
    about: str = ""
    source: Ref = None
    tags: list[str] = []
    phones: list[str | PhoneIn] = []
    emails: list[str] = []


class NewContact(ContactFields):
    name: str


class ContactChange(ContactFields):
    """Only what is sent is changed; `phones` and `emails` replace the whole list."""

    name: str = ""
    version: int | None = None


class LooksTheSame(Schema):
    """Something that looks like the same customer, among what the reader may see."""

    level: str = Field(description="exact or similar")
    kind: str
    id: int
    name: str
    message: str


class Company(Schema):
    id: int
    name: str
    owner: int | None
    parent: int | None
    tax_id: str
    industry: str
    region: str
    address: str
    website: str
    employees: int | None
    founded_year: int | None
    annual_revenue: str | None
    about: str
    source: int | None
    tags: list[str]
    phones: list[str]
    emails: list[str]
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class CompanyCreated(Company):
    warnings: list[LooksTheSame] = []


class Contact(Schema):
    id: int
    name: str
    company: int | None
    position: str
    owner: int | None
    about: str
    source: int | None
    tags: list[str]
    phones: list[str]
    emails: list[str]
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class ContactCreated(Contact):
    warnings: list[LooksTheSame] = []


class Companies(Schema):
    items: list[Company]
    next_cursor: str | None
    total: int | None = None


class Contacts(Schema):
    items: list[Contact]
    next_cursor: str | None
    total: int | None = None


def company_json(row: Any) -> dict[str, Any]:
    """A company as the API answers it; a company above it that is hidden from the reader is null."""
    plain = ("id", "name", "tax_id", "industry", "region", "address", "website", "employees", "founded_year")
    return {field: getattr(row, field) for field in plain} | {
        "owner": row.owner_id,
        "parent": row.seen_parent,
        "annual_revenue": None if row.annual_revenue is None else str(row.annual_revenue),
        "about": row.about,
        "source": row.source_id,
        "tags": row.tags,
        "phones": row.phone_list,
        "emails": row.email_list,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "version": row.version,
    }


def contact_json(row: Any) -> dict[str, Any]:
    """A person as the API answers him; a company hidden from the reader is null."""
    return {
        "id": row.id,
        "name": row.name,
        "company": row.seen_company_id,
        "position": row.position,
        "owner": row.owner_id,
        "about": row.about,
        "source": row.source_id,
        "tags": row.tags,
        "phones": row.phone_list,
        "emails": row.email_list,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "version": row.version,
    }


def _warnings(found: list[Duplicate]) -> list[dict[str, Any]]:
    return [
        {"level": d.level, "kind": d.kind, "id": d.record.pk, "name": d.record.name, "message": d.why}
        for d in found
    ]


def _changes(payload: Input) -> dict[str, Any]:
    sent = payload.model_dump(exclude_unset=True)
    sent.pop("version", None)
    return sent


def _numbers(payload: CompanyFields | ContactFields) -> list[str]:
    return [p if isinstance(p, str) else p.number for p in payload.phones]


def _version(request: HttpRequest, payload: CompanyChange | ContactChange) -> int | None:
    return payload.version if payload.version is not None else version_in(request)


def _company(request: HttpRequest, pk: int) -> Any:
    return company_rows(request.user).found(pk, by=request.user)  # type: ignore[arg-type]


def _contact(request: HttpRequest, pk: int) -> Any:
    return contact_rows(request.user).found(pk, by=request.user)  # type: ignore[arg-type]


@router.get("/companies", response={200: Companies, **PROBLEMS}, exclude_unset=True)
def list_companies(request: HttpRequest) -> Any:
    """Companies that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, COMPANIES, company_rows(request.user), company_json)  # type: ignore[arg-type]


@router.post("/companies", response={201: CompanyCreated, **PROBLEMS})
def create_company(request: HttpRequest, payload: NewCompany, response: HttpResponse) -> Any:
    """Add a company. What looks like the same customer is named in `warnings`; it is added all the same."""
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=payload.name,
        phones=_numbers(payload),
        emails=payload.emails,
        tax_id=payload.tax_id,
        region=payload.region,
    )
    made = commands.create_company(**_changes(payload), **acting(request))
    row = _company(request, made.pk)
    response["Location"] = f"/api/v1/companies/{made.pk}"
    with_etag(response, row)
    return 201, company_json(row) | {"warnings": _warnings(found)}


@router.get("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def get_company(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    row = _company(request, pk)
    with_etag(response, row)
    return company_json(row)


@router.patch("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def edit_company(request: HttpRequest, pk: int, payload: CompanyChange, response: HttpResponse) -> Any:
    check_if_match(request, _company(request, pk))
    commands.edit_company(pk, _changes(payload), version=_version(request, payload), **acting(request))
    row = _company(request, pk)
    with_etag(response, row)
    return company_json(row)


@router.delete("/companies/{int:pk}", response={204: None, **PROBLEMS})
def delete_company(request: HttpRequest, pk: int) -> Any:
    """Move a company to the recycle bin; administrators only."""
    check_if_match(request, _company(request, pk))
    commands.delete_company(pk, version=version_in(request), **acting(request))
    return 204, None


@router.post("/companies/{int:pk}/restore", response={200: Company, **PROBLEMS})
def restore_company(request: HttpRequest, pk: int) -> Any:
    commands.restore_company(pk, **acting(request))
    return company_json(_company(request, pk))


@router.get("/contacts", response={200: Contacts, **PROBLEMS}, exclude_unset=True)
def list_contacts(request: HttpRequest) -> Any:
    """People that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, CONTACTS, contact_rows(request.user), contact_json)  # type: ignore[arg-type]


@router.post("/contacts", response={201: ContactCreated, **PROBLEMS})
def create_contact(request: HttpRequest, payload: NewContact, response: HttpResponse) -> Any:
    """Add a person. Who looks like the same is named in `warnings`; he is added all the same."""
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=payload.name,
        phones=_numbers(payload),
        emails=payload.emails,
        kind="contact",
    )
    made = commands.create_contact(**_changes(payload), **acting(request))
    row = _contact(request, made.pk)
    response["Location"] = f"/api/v1/contacts/{made.pk}"
    with_etag(response, row)
    return 201, contact_json(row) | {"warnings": _warnings(found)}


@router.get("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def get_contact(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    row = _contact(request, pk)
    with_etag(response, row)
    return contact_json(row)


@router.patch("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def edit_contact(request: HttpRequest, pk: int, payload: ContactChange, response: HttpResponse) -> Any:
    check_if_match(request, _contact(request, pk))
    commands.edit_contact(pk, _changes(payload), version=_version(request, payload), **acting(request))
    row = _contact(request, pk)
    with_etag(response, row)
    return contact_json(row)


@router.delete("/contacts/{int:pk}", response={204: None, **PROBLEMS})
def delete_contact(request: HttpRequest, pk: int) -> Any:
    """Move a person to the recycle bin; administrators only."""
    check_if_match(request, _contact(request, pk))
    commands.delete_contact(pk, version=version_in(request), **acting(request))
    return 204, None


@router.post("/contacts/{int:pk}/restore", response={200: Contact, **PROBLEMS})
def restore_contact(request: HttpRequest, pk: int) -> Any:
    commands.restore_contact(pk, **acting(request))
    return contact_json(_contact(request, pk))
