"""Companies: made and changed."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add, touched
from takt.kernel.accounts.models import User
from takt.kernel.events.facts import Fact
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.sales.contacts import events, hooks, rules
from takt.sales.contacts.commands import channels, lookups
from takt.sales.contacts.commands.sources import demand_source_change
from takt.sales.contacts.models import Company, Source

TEXTS = {"name": 200, "tax_id": 40, "industry": 80, "region": 120, "address": 300, "about": 20_000}
FIELDS = frozenset(
    {*TEXTS, "owner", "parent", "website", "employees", "founded_year", "annual_revenue", "source", "tags"}
    | {"phones", "emails"}
)
MINE: Any = object()


@command
def create_company(
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    owner: Any = MINE,
    parent: Any = None,
    tax_id: str = "",
    industry: str = "",
    region: str = "",
    address: str = "",
    website: str = "",
    employees: Any = None,
    founded_year: Any = None,
    annual_revenue: Any = None,
    about: str = "",
    source: Any = None,
    tags: Sequence[str] = (),
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
) -> Company:
    """Add a customer; its owner is who adds it, unless another (or nobody: None) is named.

    Duplicates don't stop it: ask `queries.duplicates_of` first.
    """
    demand_add(by, "company")
    checks = Checks()
    company = Company(created_at=at, created_by=by.user, updated_at=at)
    given = {
        "name": name,
        "owner": by.user if owner is MINE else owner,
        "parent": parent,
        "tax_id": tax_id,
        "industry": industry,
        "region": region,
        "address": address,
        "website": website,
        "employees": employees,
        "founded_year": founded_year,
        "annual_revenue": annual_revenue,
        "about": about,
        "source": source,
        "tags": tags,
    }
    for field, value in clean(company, given, by=by, at=at, checks=checks).items():
        setattr(company, field, value)
    numbers = channels.clean_phones(phones, checks)
    addresses = channels.clean_emails(emails, checks)
    checks.finish()
    lookups.demand_within(company.owner, "company", by=by)
    company.sort_key = sort_key(company.name)
    channels.set_company_search(company, [n for n, _kind in numbers], addresses)
    company.save(force_insert=True)
    channels.write_phones(company, numbers)
    channels.write_emails(company, addresses)
    fact = events.CompanyCreated(name=company.name, owner=company.owner_id, source=company.source_id)
    record(fact, about=company, by=by, at=at)
    return company


@command
def edit_company(
    company: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Company:
    """Change fields of a company; phones and e-mails are replaced as whole lists. What is equal is no change."""
    company = Company.objects.locked(company, by=by, version=version)
    changes = without_same_owner(changes, company.owner_id)
    checks = Checks()
    refuse_unknown(changes, FIELDS, checks)
    wanted = clean(company, changes, by=by, at=at, checks=checks)
    numbers = channels.clean_phones(changes["phones"], checks) if "phones" in changes else None
    addresses = channels.clean_emails(changes["emails"], checks) if "emails" in changes else None
    checks.finish()
    if "source" in wanted:
        demand_source_change(company.source, wanted["source"], by=by)
    if "owner" in wanted and wanted["owner"] != company.owner:
        lookups.demand_within(wanted["owner"], "company", by=by)
    old_name, old_owner = company.name, company.owner
    found = differences(company, wanted)
    found += channel_differences(company, numbers, addresses)
    if not found:
        return company
    for field, value in wanted.items():
        setattr(company, field, value)
    if numbers is not None:
        channels.write_phones(company, numbers)
    if addresses is not None:
        channels.write_emails(company, addresses)
    company.sort_key = sort_key(company.name)
    channels.set_company_search(company, channels.numbers_of(company), channels.addresses_of(company))
    touched(company, at)
    company.save()
    if company.owner != old_owner:
        record(handed_over(events.CompanyOwnerChanged, old_owner, company.owner), about=company, by=by, at=at)
    if rest := [c for c in found if c["field"] != "owner"]:
        record(events.CompanyEdited(changes=rest), about=company, by=by, at=at)
    if company.name != old_name:
        for renamed in hooks.on_rename:
            renamed(company, by=by, at=at)
    return company


def clean(
    company: Company, given: dict[str, Any], *, by: Actor, at: dt.datetime, checks: Checks
) -> dict[str, Any]:
    """The given fields as they will stand in the row; what is wrong goes to `checks`."""
    found: dict[str, Any] = {}
    for field, most in TEXTS.items():
        if field in given:
            found[field] = checks.text(field, given[field], most=most, required=field == "name")
    if "owner" in given:
        found["owner"] = lookups.owner_of(given["owner"], by=by, checks=checks)
    if "parent" in given:
        found["parent"] = _parent(company, given["parent"], by=by, checks=checks)
    if "website" in given:
        found["website"] = _website(given["website"], checks)
    if "employees" in given:
        found["employees"] = whole_number("employees", given["employees"], 0, 10_000_000, checks)
    if "founded_year" in given:
        found["founded_year"] = whole_number("founded_year", given["founded_year"], 500, at.year, checks)
    if "annual_revenue" in given:
        found["annual_revenue"] = checks.amount("annual_revenue", given["annual_revenue"])
    if "source" in given:
        found["source"] = lookups.source_of(given["source"], checks)
    if "tags" in given:
        found["tags"] = checks.tags("tags", given["tags"])
    return found


def _website(given: Any, checks: Checks) -> str:
    text = checks.text("website", given, most=190)
    if not text or "\x00" in text:
        return ""
    found = rules.normal_website(text)
    if found is None:
        checks.wrong("website", _("Enter a web address, such as example.com."))
    return found or ""


def _parent(company: Company, given: Any, *, by: Actor, checks: Checks) -> Company | None:
    parent = lookups.company_of(given, by=by, checks=checks, field="parent")
    above, steps = parent, 0
    while above is not None and company.pk is not None:
        steps += 1
        if above.pk == company.pk or steps > 20:
            checks.wrong("parent", _("A company can't stand above itself."), "circle")
            return None
        above = Company.objects.filter(pk=above.parent_id).first() if above.parent_id else None
    return parent


def whole_number(field: str, given: Any, least: int, most: int, checks: Checks) -> int | None:
    if given is None or given == "":
        return None
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        sentence = _("Enter a whole number from %(least)d to %(most)d.")
        checks.wrong(field, sentence % {"least": least, "most": most}, "out_of_range")
        return None
    return int(text)


def refuse_unknown(changes: dict[str, Any], known: frozenset[str], checks: Checks) -> None:
    """A field that the record doesn't have is told, never dropped silently."""
    for field in sorted(set(changes) - known):
        checks.wrong(field[:80], _("There is no such field, or it can't be changed here."), "unknown_field")


def without_same_owner(changes: dict[str, Any], owner: int | None) -> dict[str, Any]:
    """A form sends the owner along; who left meanwhile may stay where nobody changes it."""
    given = changes.get("owner")
    is_same = owner is not None and str(getattr(given, "pk", given)) == str(owner)
    return {k: v for k, v in changes.items() if k != "owner"} if is_same else changes


def differences(row: Any, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """What really changes, as old and new values; relations as ids."""
    found = []
    for field, new in wanted.items():
        old = getattr(row, field)
        if old != new:
            found.append({"field": field, "old": _plain(old), "new": _plain(new)})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Source):
        return {"id": value.pk, "name": value.name}
    return getattr(value, "pk", value)


def handed_over(fact: Callable[..., Fact], old: User | None, new: User | None) -> Fact:
    """The fact of a new owner, with both names as they are now."""
    return fact(
        old=old.pk if old else None,
        new=new.pk if new else None,
        old_name=old.name if old else "",
        new_name=new.name if new else "",
    )


def channel_differences(
    row: Any, numbers: list[tuple[str, str]] | None, addresses: list[str] | None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if numbers is not None:
        old = list(row.phones.order_by("position", "id").values_list("number", "kind"))
        kinds = dict(old)
        new = [(n, kind or kinds.get(n, "work")) for n, kind in numbers]
        if old != new:
            found.append({"field": "phones", "old": [n for n, _ in old], "new": [n for n, _ in new]})
    if addresses is not None and (known := channels.addresses_of(row)) != addresses:
        found.append({"field": "emails", "old": known, "new": addresses})
    return found
