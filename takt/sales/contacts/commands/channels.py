"""Phones and e-mails of a company or a person: a list replaced as a whole, its order kept."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.kernel.lib.clean import Checks
from takt.sales.contacts import rules
from takt.sales.contacts.models import Company, Contact, Email, Phone

MOST = 20


def clean_phones(given: Iterable[Any] | None, checks: Checks) -> list[tuple[str, str]]:
    """(E.164 number, kind or empty) in the given order, each once. An entry is a text, or number and kind."""
    found: dict[str, str] = {}
    region = rules.region_of(settings.LANGUAGE_CODE)
    for position, entry in enumerate(_entries(given, "phones", checks)):
        number, kind = _number_and_kind(entry)
        if not number:
            continue
        if kind and kind not in Phone.Kind.values:
            checks.wrong(f"phones.{position}", _("There is no such kind of phone."), "unknown")
        elif (normal := rules.normal_phone(number, region)) is None:
            sentence = _("“%(number)s” is no phone number. Write it with its country code, such as +49.")
            checks.wrong(f"phones.{position}", sentence % {"number": number[:40]}, "no_phone")
        else:
            found.setdefault(normal, kind)
    return list(found.items())


def clean_emails(given: Iterable[Any] | None, checks: Checks) -> list[str]:
    """Addresses in lower case in the given order, each once."""
    found: dict[str, None] = {}
    for position, entry in enumerate(_entries(given, "emails", checks)):
        text = str(entry or "").strip()
        if not text:
            continue
        normal = rules.normal_email(text)
        if normal is None:
            sentence = _("“%(address)s” is no e-mail address.")
            checks.wrong(f"emails.{position}", sentence % {"address": text[:80]}, "no_email")
        else:
            found[normal] = None
    return list(found)


def _entries(given: Iterable[Any] | None, field: str, checks: Checks) -> list[Any]:
    if isinstance(given, str):
        given = [given]
    entries = list(given or [])
    if len(entries) > MOST:
        checks.wrong(field, _("At most %(most)d entries.") % {"most": MOST}, "too_many")
        return []
    return entries


def _number_and_kind(entry: Any) -> tuple[str, str]:
    if isinstance(entry, dict):
        number, kind = entry.get("number"), entry.get("kind")
    elif isinstance(entry, tuple | list) and len(entry) == 2:
        number, kind = entry
    else:
        number, kind = entry, ""
    return str(number or "").strip(), str(kind or "")


def write_phones(owner: Company | Contact, phones: list[tuple[str, str]]) -> None:
    """Replace the numbers; one that stays keeps its kind where none is given."""
    known = dict(owner.phones.values_list("number", "kind")) if owner.pk else {}
    owner.phones.all().delete()
    Phone.objects.bulk_create(
        [
            Phone(
                **_of(owner),
                number=number,
                kind=kind or known.get(number, Phone.Kind.WORK),
                position=position,
            )
            for position, (number, kind) in enumerate(phones)
        ]
    )


def write_emails(owner: Company | Contact, emails: list[str]) -> None:
    owner.emails.all().delete()
    Email.objects.bulk_create(
        [Email(**_of(owner), address=address, position=position) for position, address in enumerate(emails)]
    )


def _of(owner: Company | Contact) -> dict[str, Any]:
    return {"company": owner} if isinstance(owner, Company) else {"contact": owner}


def numbers_of(owner: Company | Contact) -> list[str]:
    return list(owner.phones.order_by("position", "id").values_list("number", flat=True))


def addresses_of(owner: Company | Contact) -> list[str]:
    return list(owner.emails.order_by("position", "id").values_list("address", flat=True))


def differences(
    row: Company | Contact, numbers: list[tuple[str, str]] | None, addresses: list[str] | None
) -> list[dict[str, Any]]:
    """What really changes in the lists; None leaves a list as it is."""
    found: list[dict[str, Any]] = []
    if numbers is not None:
        old = list(row.phones.order_by("position", "id").values_list("number", "kind"))
        kinds = dict(old)
        new = [(n, kind or kinds.get(n, Phone.Kind.WORK)) for n, kind in numbers]
        if old != new:
            found.append({"field": "phones", "old": [n for n, _kind in old], "new": [n for n, _kind in new]})
    if addresses is not None and (known := addresses_of(row)) != addresses:
        found.append({"field": "emails", "old": known, "new": addresses})
    return found
