import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists.answers import api_list, check_if_match, custom_of, with_etag
from takt.sales.contacts import classifiers, commands
from takt.sales.contacts.kinds import COMPANY, CONTACT, Kind
from takt.sales.contacts.lists import HELD
from takt.sales.contacts.queries import (
    Duplicate,
    became,
    duplicates_of,
    former_people,
    places_of,
    twins_for,
)

router = Router(tags=["companies and contacts"])

type Ref = int | str | None


def _codes(name: str) -> str:
    """The words that a classifier may have, for the document of the API."""
    return ", ".join(code for code, _label in classifiers.BY_NAME[name].choices)


class PhoneIn(Input):
    number: str
    kind: str = ""


class Classified(Input):
    """How a customer stands; empty means that nobody has said."""

    development: str = Field("", description=_codes("development"))
    loyalty: str = Field("", description=_codes("loyalty"))
    competition: str = Field("", description=_codes("competition"))
    last_result: str = Field("", description=_codes("last_result"))
    last_result_reason: str = Field("", description=_codes("last_result_reason"))
    client_type: str = Field("", description=_codes("client_type"))
    readiness: str = Field("", description=_codes("readiness"))
    budget_class: str = Field("", description=_codes("budget_class"))
    payment_discipline: str = Field("", description=_codes("payment_discipline"))
    size_class: str = Field("", description=_codes("size_class"))
    refusal_reason: str = Field("", description=_codes("refusal_reason"))
    interests: list[str] = []
    next_contact_on: dt.date | None = None


class CompanyFields(Classified):
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
    custom: dict[str, Any] = {}


class NewCompany(CompanyFields):
    name: str


class CompanyChange(CompanyFields):
    """Only what is sent is changed; `phones` and `emails` replace the whole list."""

    name: str = ""
    version: int | None = None


class ContactFields(Input):
    company: int | None = None
    position: str = ""
    language: str = ""
    time_zone: str = ""
    owner: Ref = None
    about: str = ""
    source: Ref = None
    tags: list[str] = []
    phones: list[str | PhoneIn] = []
    emails: list[str] = []
    custom: dict[str, Any] = {}


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
    custom: dict[str, Any] = Field({}, description="Fields of one's own by slug; empty ones are left out")
    level: str = Field("", description="A, B, C or nothing")
    level_is_manual: bool = False
    level_reason: str = ""
    completeness: int = Field(0, description="Percent of the card that is filled in")
    development: str = ""
    loyalty: str = ""
    competition: str = ""
    last_result: str = ""
    last_result_reason: str = ""
    client_type: str = ""
    readiness: str = ""
    budget_class: str = ""
    payment_discipline: str = ""
    size_class: str = ""
    refusal_reason: str = ""
    interests: list[str] = []
    next_contact_on: dt.date | None = None
    segment: str = Field("", description="RFM segment: recent, frequent, much, as 1 or 0 each")
    ladder: int | None = Field(None, description="Rung of the ladder of sales, less penalties")
    last_contact_on: dt.date | None = None
    is_churned: bool | None = None


class CompanyCreated(Company):
    warnings: list[LooksTheSame] = []


class Contact(Schema):
    id: int
    name: str
    company: int | None
    position: str
    language: str = Field("", description="In which he is written to; empty is the organisation's")
    time_zone: str = ""
    company_since: dt.date | None = None
    completeness: int = Field(0, description="Percent of the card that is filled in")
    owner: int | None
    about: str
    source: int | None
    tags: list[str]
    phones: list[str]
    emails: list[str]
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
    custom: dict[str, Any] = Field({}, description="Fields of one's own by slug; empty ones are left out")


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


class MergeIn(Input):
    """`other` goes into the record of the address; `take` names the fields whose values are the other's."""

    other: int
    take: list[str] = []


class CompanyMerged(Company):
    merge: int = Field(description="By this number the merge is taken back")


class ContactMerged(Contact):
    merge: int = Field(description="By this number the merge is taken back")


class CompanyUnmerged(Company):
    stayed: int = Field(description="How much changed since the merge and stays where it is")


class ContactUnmerged(Contact):
    stayed: int = Field(description="How much changed since the merge and stays where it is")


class Twin(Schema):
    """Two records that may be the same customer."""

    one: int
    one_name: str
    other: int
    other_name: str
    why: str = Field(description="phone, email, tax_id or name")
    likeness: float


class TwinList(Schema):
    items: list[Twin]
    next_cursor: str | None


class Apart(Input):
    kind: str = Field(description="company or contact")
    one: int
    other: int


class LevelIn(Input):
    level: str = Field(description="A, B or C")
    reason: str


class MoveIn(Input):
    """Where the person goes; null: to no company. `on` is his last day with the old one, today by default."""

    company: int | None
    on: dt.date | None = None
    reason: str = ""
    position: str | None = None
    version: int | None = None


class Place(Schema):
    """A company that a person was with, or is with; null where the company is hidden from the reader."""

    contact: int
    contact_name: str
    company: int | None
    company_name: str
    position: str
    since: dt.date | None
    until: dt.date | None
    reason: str


class Places(Schema):
    items: list[Place]


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


def _row(request: HttpRequest, of: Kind, pk: int) -> Any:
    return of.rows(request.user).found(pk, by=request.user)  # type: ignore[arg-type]


def _answer(request: HttpRequest, of: Kind, pk: int, response: HttpResponse | None = None) -> dict[str, Any]:
    row = _row(request, of, pk)
    if response is not None:
        with_etag(response, row)
    return JSON[of.name](row) | {"custom": custom_of(of.name, row, request.user)}  # type: ignore[arg-type]


def _get(request: HttpRequest, of: Kind, pk: int, response: HttpResponse) -> Any:
    """The record; a merged one answers 307 with the address of what it became."""
    try:
        return _answer(request, of, pk, response)
    except NotFound:
        if (now := became(of.model, pk, request.user)) is None:
            raise
    return HttpResponse(status=307, headers={"Location": f"/api/v1{of.path}/{now}"})


def _merge(request: HttpRequest, of: Kind, pk: int, payload: MergeIn) -> Any:
    check_if_match(request, _row(request, of, pk))
    _survivor, done = of.merge(pk, payload.other, take=payload.take, **acting(request))
    return _answer(request, of, pk) | {"merge": done.pk}


def _unmerge(request: HttpRequest, of: Kind, merge: int) -> Any:
    record, stayed = of.unmerge(merge, **acting(request))
    return _answer(request, of, record.pk) | {"stayed": stayed}


def _create(request: HttpRequest, of: Kind, payload: Any, response: HttpResponse) -> Any:
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
    return 201, _answer(request, of, made.pk, response) | {"warnings": _warnings(found)}


def _edit(request: HttpRequest, of: Kind, pk: int, payload: Any, response: HttpResponse) -> Any:
    check_if_match(request, _row(request, of, pk))
    changes = payload.model_dump(exclude_unset=True, exclude={"version"})
    version = payload.version if payload.version is not None else version_in(request)
    of.edit(pk, changes, version=version, **acting(request))
    return _answer(request, of, pk, response)


def _delete(request: HttpRequest, of: Kind, pk: int) -> Any:
    check_if_match(request, _row(request, of, pk))
    of.delete(pk, version=version_in(request), **acting(request))
    return 204, None


def _restore(request: HttpRequest, of: Kind, pk: int) -> Any:
    of.restore(pk, **acting(request))
    return _answer(request, of, pk)


@router.get("/companies", response={200: Companies, **PROBLEMS}, exclude_unset=True)
def list_companies(request: HttpRequest) -> Any:
    """Companies that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, COMPANY.spec, COMPANY.rows(request.user), company_json)  # type: ignore[arg-type]


@router.post("/companies", response={201: CompanyCreated, **PROBLEMS})
def create_company(request: HttpRequest, payload: NewCompany, response: HttpResponse) -> Any:
    """Add a company. What looks like the same customer is named in `warnings`; it is added all the same."""
    return _create(request, COMPANY, payload, response)


@router.get("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def get_company(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """One record; the number of a merged one leads to what it became (307)."""
    return _get(request, COMPANY, pk, response)


@router.patch("/companies/{int:pk}", response={200: Company, **PROBLEMS})
def edit_company(request: HttpRequest, pk: int, payload: CompanyChange, response: HttpResponse) -> Any:
    return _edit(request, COMPANY, pk, payload, response)


@router.delete("/companies/{int:pk}", response={204: None, **PROBLEMS})
def delete_company(request: HttpRequest, pk: int) -> Any:
    """Move a company to the recycle bin; administrators only."""
    return _delete(request, COMPANY, pk)


@router.post("/companies/{int:pk}/restore", response={200: Company, **PROBLEMS})
def restore_company(request: HttpRequest, pk: int) -> Any:
    return _restore(request, COMPANY, pk)


@router.get("/contacts", response={200: Contacts, **PROBLEMS}, exclude_unset=True)
def list_contacts(request: HttpRequest) -> Any:
    """People that the token's user may see; filters, `q`, `sort`, `limit`, `cursor`, `count`."""
    return api_list(request, CONTACT.spec, CONTACT.rows(request.user), contact_json)  # type: ignore[arg-type]


@router.post("/contacts", response={201: ContactCreated, **PROBLEMS})
def create_contact(request: HttpRequest, payload: NewContact, response: HttpResponse) -> Any:
    """Add a person. Who looks like the same is named in `warnings`; he is added all the same."""
    return _create(request, CONTACT, payload, response)


@router.get("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def get_contact(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """One record; the number of a merged one leads to what it became (307)."""
    return _get(request, CONTACT, pk, response)


@router.patch("/contacts/{int:pk}", response={200: Contact, **PROBLEMS})
def edit_contact(request: HttpRequest, pk: int, payload: ContactChange, response: HttpResponse) -> Any:
    return _edit(request, CONTACT, pk, payload, response)


@router.delete("/contacts/{int:pk}", response={204: None, **PROBLEMS})
def delete_contact(request: HttpRequest, pk: int) -> Any:
    """Move a person to the recycle bin; administrators only."""
    return _delete(request, CONTACT, pk)


@router.post("/contacts/{int:pk}/restore", response={200: Contact, **PROBLEMS})
def restore_contact(request: HttpRequest, pk: int) -> Any:
    return _restore(request, CONTACT, pk)


@router.post("/companies/{int:pk}/merge", response={200: CompanyMerged, **PROBLEMS})
def merge_companies(request: HttpRequest, pk: int, payload: MergeIn) -> Any:
    """Make two companies one. It needs the right to change both and to delete the other."""
    return _merge(request, COMPANY, pk, payload)


@router.post("/companies/merges/{int:merge}/undo", response={200: CompanyUnmerged, **PROBLEMS})
def unmerge_companies(request: HttpRequest, merge: int) -> Any:
    """Make a merged record one of its own again; answers it, with how much stays where it is."""
    return _unmerge(request, COMPANY, merge)


@router.post("/contacts/{int:pk}/merge", response={200: ContactMerged, **PROBLEMS})
def merge_contacts(request: HttpRequest, pk: int, payload: MergeIn) -> Any:
    """Make two people one. It needs the right to change both and to delete the other."""
    return _merge(request, CONTACT, pk, payload)


@router.post("/contacts/merges/{int:merge}/undo", response={200: ContactUnmerged, **PROBLEMS})
def unmerge_contacts(request: HttpRequest, merge: int) -> Any:
    """Make a merged record one of its own again; answers it, with how much stays where it is."""
    return _unmerge(request, CONTACT, merge)


@router.post("/companies/{int:pk}/level", response={200: Company, **PROBLEMS})
def set_level(request: HttpRequest, pk: int, payload: LevelIn, response: HttpResponse) -> Any:
    """Set the level by hand, with a reason; no rule changes it until it is released."""
    check_if_match(request, _row(request, COMPANY, pk))
    commands.set_level(
        pk, payload.level, reason=payload.reason, version=version_in(request), **acting(request)
    )
    return _answer(request, COMPANY, pk, response)


@router.delete("/companies/{int:pk}/level", response={200: Company, **PROBLEMS})
def release_level(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    """Leave the level to the rule again."""
    check_if_match(request, _row(request, COMPANY, pk))
    commands.release_level(pk, version=version_in(request), **acting(request))
    return _answer(request, COMPANY, pk, response)


@router.post("/contacts/{int:pk}/move", response={200: Contact, **PROBLEMS})
def move_contact(request: HttpRequest, pk: int, payload: MoveIn, response: HttpResponse) -> Any:
    """The person leaves for another company; where he was stays in his history. Deals keep him."""
    check_if_match(request, _row(request, CONTACT, pk))
    given = payload.model_dump(exclude={"version"})
    version = payload.version if payload.version is not None else version_in(request)
    commands.move_contact(pk, given.pop("company"), **given, version=version, **acting(request))
    return _answer(request, CONTACT, pk, response)


@router.get("/contacts/{int:pk}/places", response={200: Places, **PROBLEMS})
def list_places(request: HttpRequest, pk: int) -> Any:
    """Where a person works and worked, the present place first."""
    return {"items": [vars(p) for p in places_of(_row(request, CONTACT, pk), request.user)]}


@router.get("/companies/{int:pk}/former-people", response={200: Places, **PROBLEMS})
def list_former_people(request: HttpRequest, pk: int) -> Any:
    """Who worked here before, the last to leave first."""
    return {"items": [vars(p) for p in former_people(_row(request, COMPANY, pk), request.user)]}


@router.get("/duplicates", response={200: TwinList, **PROBLEMS})
def list_duplicates(request: HttpRequest, kind: str = "company", limit: int = 50, cursor: str = "") -> Any:
    """Pairs that may be the same customer, among what the token's user may see; the surest first."""
    if kind not in {"company", "contact"}:
        raise Invalid.field("kind", _("There is no such kind of record."), "unknown")
    most = max(1, min(limit, 200))
    pairs = twins_for(kind, request.user, after=cursor, limit=most + 1)
    items = [{name: getattr(p, name) for name in Twin.model_fields} for p in pairs[:most]]
    return {"items": items, "next_cursor": pairs[most - 1].cursor if len(pairs) > most else None}


@router.post("/duplicates/apart", response={204: None, **PROBLEMS})
def keep_apart(request: HttpRequest, payload: Apart) -> Any:
    """Remember that two records are not the same customer."""
    commands.keep_apart(payload.kind, payload.one, payload.other, **acting(request))
    return 204, None
