"""What making and changing a company and a person have in common."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_own, touched
from takt.kernel.accounts.models import User
from takt.kernel.events.facts import Fact
from takt.kernel.fields.commands import bring_files
from takt.kernel.fields.values import read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.sales.contacts import hooks
from takt.sales.contacts.commands import channels, lookups
from takt.sales.contacts.commands.sources import demand_source_change
from takt.sales.contacts.models import Company, Contact, Source
from takt.sales.contacts.rules import twin_key
from takt.sales.contacts.weights import completeness_of

MINE: Any = object()  # whoever adds the record is its owner


def clean(
    given: dict[str, Any], texts: dict[str, int], link: str, *, by: Actor, checks: Checks
) -> dict[str, Any]:
    """The given fields as they will stand in the row; what is wrong goes to `checks`."""
    found: dict[str, Any] = {}
    for field, most in texts.items():
        if field in given:
            found[field] = checks.text(field, given[field], most=most, required=field == "name")
    if "owner" in given:
        found["owner"] = lookups.owner_of(given["owner"], by=by, checks=checks)
    if link in given:
        found[link] = lookups.company_of(given[link], by=by, checks=checks, field=link)
    if "source" in given:
        found["source"] = lookups.source_of(given["source"], checks)
    if "tags" in given:
        found["tags"] = checks.tags("tags", given["tags"])
    return found


def write_new(
    row: Company | Contact,
    wanted: dict[str, Any],
    phones: Iterable[Any],
    emails: Iterable[Any],
    custom: Mapping[str, Any] | None,
    *,
    by: Actor,
    checks: Checks,
) -> tuple[list[str], list[str]]:
    """Store a new record with its numbers and addresses, which are answered as they stand.

    `custom` None means that nobody was asked for fields of one's own, and none is required.
    """
    own = read_values(kind_of(row), {}, custom, by=by, checks=checks, is_new=True)
    row.custom = own.custom
    numbers = channels.clean_phones(phones, checks)
    addresses = channels.clean_emails(emails, checks)
    checks.finish()
    lookups.demand_within(wanted["owner"], kind_of(row), by=by)
    for field, value in wanted.items():
        setattr(row, field, value)
    known = [number for number, _kind in numbers]
    describe(row, known, addresses)
    row.save(force_insert=True)
    bring_files(own, kind_of(row), row, by=by, at=row.created_at)
    channels.write_phones(row, numbers)
    channels.write_emails(row, addresses)
    return known, addresses


def write_changes(
    row: Company | Contact,
    wanted: dict[str, Any],
    changes: dict[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
    checks: Checks,
) -> list[dict[str, Any]]:
    """Store what is `wanted` and the phones and e-mails of `changes`; answers what really changed."""
    numbers = channels.clean_phones(changes["phones"], checks) if "phones" in changes else None
    addresses = channels.clean_emails(changes["emails"], checks) if "emails" in changes else None
    given = changes.get("custom")
    own = read_values(kind_of(row), row.custom, given, by=by, checks=checks, record=row.pk, at=at)
    checks.finish()
    if "source" in wanted:
        demand_source_change(row.source, wanted["source"], by=by)
    if "owner" in wanted and wanted["owner"] != row.owner:
        lookups.demand_within(wanted["owner"], kind_of(row), by=by)
        demand_own([row.owner_id], kind_of(row), by=by)
    found = _differences(row, wanted) + channels.differences(row, numbers, addresses) + own.changes
    if not found:
        return []
    for field, value in wanted.items():
        setattr(row, field, value)
    row.custom = own.custom
    if numbers is not None:
        channels.write_phones(row, numbers)
    if addresses is not None:
        channels.write_emails(row, addresses)
    describe_anew(row)
    touched(row, at)
    row.save()
    return found


def tell_renamed(row: Company | Contact, old_name: str, *, by: Actor, at: dt.datetime) -> None:
    """What is found by the old name follows the new one."""
    if row.name != old_name:
        for renamed in hooks.on_rename:
            renamed(row, by=by, at=at)


def kind_of(row: Company | Contact) -> str:
    return "company" if isinstance(row, Company) else "contact"


def describe(row: Company | Contact, phones: list[str], emails: list[str]) -> None:
    """What a record is ordered, found and compared by, and how complete it is."""
    row.sort_key, row.twin_key = sort_key(row.name), twin_key(row.name)
    row.completeness = completeness_of(row, phones, emails).percent
    row.set_search(*row.search_words(phones, emails))


def describe_anew(row: Company | Contact) -> None:
    """`describe` with the phones and e-mails that are stored."""
    describe(row, channels.numbers_of(row), channels.addresses_of(row))


def asked_changes(
    row: Company | Contact, changes: dict[str, Any], known: frozenset[str], checks: Checks
) -> dict[str, Any]:
    """The changes without an owner who stays as he is: a form sends him along, and who left may stay.

    A field that the record doesn't have is told, never dropped silently.
    """
    given = changes.get("owner")
    is_same = row.owner_id is not None and str(getattr(given, "pk", given)) == str(row.owner_id)
    if is_same:
        changes = {field: value for field, value in changes.items() if field != "owner"}
    for field in sorted(set(changes) - known):
        checks.wrong(field[:80], _("There is no such field, or it can't be changed here."), "unknown_field")
    return changes


def _differences(row: Any, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """What really changes, as old and new values; relations as ids."""
    return [
        {"field": field, "old": _plain(old), "new": _plain(new)}
        for field, new in wanted.items()
        if (old := getattr(row, field)) != new
    ]


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
