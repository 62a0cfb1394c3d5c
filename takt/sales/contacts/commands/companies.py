"""Companies: made and changed."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add
from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.sales.contacts import classifiers, events, rules
from takt.sales.contacts.commands import cards
from takt.sales.contacts.commands.cards import MINE
from takt.sales.contacts.models import Company

TEXTS = {"name": 200, "tax_id": 40, "industry": 80, "region": 120, "address": 300, "about": 20_000}
FIELDS = frozenset(
    {*TEXTS, "owner", "parent", "website", "employees", "founded_year", "annual_revenue", "source", "tags"}
    | {"phones", "emails", "custom"}
    | classifiers.ALL
)


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
    custom: Mapping[str, Any] | None = None,
    **classified: Any,
) -> Company:
    """Add a customer; its owner is who adds it, unless another (or nobody: None) is named.

    Duplicates don't stop it: ask `queries.duplicates_of` first. `classified` are classifiers by name.
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
        **classified,
    }
    if strange := set(classified) - classifiers.ALL:
        raise TypeError(f"no field of a company: {min(strange)}")
    wanted = clean(company, given, by=by, at=at, checks=checks)
    cards.write_new(company, wanted, phones, emails, custom, by=by, checks=checks)
    fact = events.CompanyCreated(name=company.name, owner=company.owner_id, source=company.source_id)
    record(fact, about=company, by=by, at=at)
    return company


@command
def edit_company(
    company: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Company:
    """Change fields of a company; phones and e-mails are replaced as whole lists. What is equal is no change."""
    company = Company.objects.locked(company, by=by, version=version)
    checks = Checks()
    changes = cards.asked_changes(company, changes, FIELDS, checks)
    wanted = clean(company, changes, by=by, at=at, checks=checks)
    old_name, old_owner = company.name, company.owner
    found = cards.write_changes(company, wanted, changes, by=by, at=at, checks=checks)
    if company.owner != old_owner:
        fact = cards.handed_over(events.CompanyOwnerChanged, old_owner, company.owner)
        record(fact, about=company, by=by, at=at)
    record_changes(company, found, by=by, at=at)
    cards.tell_renamed(company, old_name, by=by, at=at)
    return company


def record_changes(
    company: Company,
    found: list[dict[str, Any]],
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID | None = None,
) -> None:
    """The facts of what changed in a company: how it is classified is one of its own."""
    if judged := [c for c in found if c["field"] in classifiers.ALL]:
        record(events.CompanyClassified(changes=_in_words(judged)), about=company, by=by, at=at, batch=batch)
    if rest := [c for c in found if c["field"] not in {"owner", *classifiers.ALL}]:
        record(events.CompanyEdited(changes=rest), about=company, by=by, at=at, batch=batch)


def _in_words(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**c, "old": plain(c["old"]), "new": plain(c["new"])} for c in changes]


def clean(
    company: Company, given: dict[str, Any], *, by: Actor, at: dt.datetime, checks: Checks
) -> dict[str, Any]:
    """The given fields as they will stand in the row; what is wrong goes to `checks`."""
    found = cards.clean(given, TEXTS, "parent", by=by, checks=checks)
    if _stands_above_itself(company, found.get("parent")):
        checks.wrong("parent", _("A company can't stand above itself."), "circle")
    if "website" in given:
        found["website"] = _website(given["website"], checks)
    if "employees" in given:
        found["employees"] = _whole_number("employees", given["employees"], 0, 10_000_000, checks)
    if "founded_year" in given:
        found["founded_year"] = _whole_number("founded_year", given["founded_year"], 500, at.year, checks)
    if "annual_revenue" in given:
        found["annual_revenue"] = checks.amount("annual_revenue", given["annual_revenue"])
    return found | clean_classifiers(given, checks)


def clean_classifiers(given: Mapping[str, Any], checks: Checks) -> dict[str, Any]:
    """The classifiers among what is given; a word that isn't on its list goes to `checks`."""
    found: dict[str, Any] = {}
    for name in classifiers.NAMES:
        if name in given:
            word = checks.text(name, given[name], most=20)
            if word and word not in dict(classifiers.BY_NAME[name].choices):
                checks.wrong(name, _("Choose one of the values offered."), "unknown")
            found[name] = word
    if classifiers.INTERESTS in given:
        found["interests"] = checks.tags("interests", given["interests"])
    if classifiers.NEXT_CONTACT in given:
        found["next_contact_on"] = checks.day("next_contact_on", given["next_contact_on"])
    return found


def _website(given: Any, checks: Checks) -> str:
    text = checks.text("website", given, most=190)
    if not text or "\x00" in text:
        return ""
    found = rules.normal_website(text)
    if found is None:
        checks.wrong("website", _("Enter a web address, such as example.com."))
    return found or ""


def _stands_above_itself(company: Company, parent: Company | None) -> bool:
    above, steps = parent, 0
    while above is not None and company.pk is not None:
        steps += 1
        if above.pk == company.pk or steps > 20:
            return True
        above = Company.objects.filter(pk=above.parent_id).first() if above.parent_id else None
    return False


def _whole_number(field: str, given: Any, least: int, most: int, checks: Checks) -> int | None:
    if given is None or given == "":
        return None
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        sentence = _("Enter a whole number from %(least)d to %(most)d.")
        checks.wrong(field, sentence % {"least": least, "most": most}, "out_of_range")
        return None
    return int(text)
