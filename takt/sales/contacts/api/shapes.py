"""What programs send of companies and people, and what they are answered."""

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from takt.kernel.access.problems import Filled, Input
from takt.sales.contacts import classifiers

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
type Ref = int | str | None


def _classified(name: str) -> Any:
    """One of the words that a classifier may have, or none."""
    codes = [code for code, _label in classifiers.BY_NAME[name].choices]
    return Field("", json_schema_extra={"enum": ["", *codes]})


class PhoneIn(Input):
    number: str
    kind: str = ""


class Classified(Input):
    """How a customer stands; empty means that nobody has said."""

    development: str = _classified("development")
    loyalty: str = _classified("loyalty")
    competition: str = _classified("competition")
    last_result: str = _classified("last_result")
    last_result_reason: str = _classified("last_result_reason")
    client_type: str = _classified("client_type")
    readiness: str = _classified("readiness")
    budget_class: str = _classified("budget_class")
    payment_discipline: str = _classified("payment_discipline")
    size_class: str = _classified("size_class")
    refusal_reason: str = _classified("refusal_reason")
    interests: list[str] = []
    next_contact_on: dt.date | None = None


class CompanyFields(Classified):
    owner: Ref = None
    parent: Id | None = None
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
    name: Filled


class CompanyChange(CompanyFields):
    """Only what is sent is changed; `phones` and `emails` replace the whole list."""

    name: Filled = ""
    version: int | None = None


class ContactFields(Input):
    company: Id | None = None
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
    name: Filled


class ContactChange(ContactFields):
    """Only what is sent is changed; `phones` and `emails` replace the whole list."""

    name: Filled = ""
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


class MergeOtherIn(Input):
    """`other` goes into the record of the address; `take` names the fields whose values are the other's."""

    other: Id
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
    kind: str = Field(json_schema_extra={"enum": ["company", "contact"]})
    one: Id
    other: Id


class LevelIn(Input):
    level: str = Field(json_schema_extra={"enum": ["A", "B", "C"]})
    reason: Filled


class NewPlaceIn(Input):
    """Where the person goes; null: to no company. `on` is his last day with the old one, today by default."""

    company: Id | None
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
