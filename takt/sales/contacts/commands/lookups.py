"""What a reference given by a person or a program means; hidden and missing are the same answer."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.sales.contacts.models import Company, Contact, Source


def number_of(given: Any) -> int | None:
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**63 else None


def owner_of(given: Any, *, by: Actor, checks: Checks) -> User | None:
    """An active user by id or e-mail; empty means nobody, so that everybody may work with the record."""
    if given is None or given == "":
        return None
    if isinstance(given, User):
        found: User | None = given
    elif isinstance(given, str) and "@" in given:
        email = given.strip()
        found = User.objects.filter(email__iexact=email).first() if "\x00" not in email else None
    else:
        found = User.objects.filter(pk=number_of(given) or 0).first()
    if found is None or not (found.is_active or by.is_historic):
        checks.wrong("owner", _("Choose an active user."), "unknown")
        return None
    return found


def demand_within(owner: User | None, entity: str, *, by: Actor) -> None:
    """A rep keeps his own customers; handing on needs the right over the colleague's as well."""
    owners = owners_within(by.user, entity, "edit")
    if owner is not None and owners is not None and owner.pk not in owners and owner.pk != by.user_id:
        raise Forbidden


def company_of(given: Any, *, by: Actor, checks: Checks, field: str = "company") -> Company | None:
    if given is None or given == "":
        return None
    if isinstance(given, Company):
        return given
    found = Company.objects.visible_to(by.user).filter(pk=number_of(given) or 0).first()
    if found is None:
        checks.wrong(field, _("There is no such company."), "unknown")
    return found


def source_of(given: Any, checks: Checks) -> Source | None:
    if given is None or given == "" or isinstance(given, Source):
        return given or None
    if (number := number_of(given)) is not None:
        found = Source.objects.filter(pk=number).first()
    else:
        name = str(given).strip()
        found = Source.objects.filter(name__iexact=name).first() if "\x00" not in name else None
    if found is None:
        checks.wrong("source", _("There is no such source."), "unknown")
    return found


def all_of(
    model: type[Company] | type[Contact], refs: Iterable[Any], by: Actor, *, may: str = "edit"
) -> list[Any]:
    """Every named row, locked: NotFound where one isn't seen, Forbidden where one may not be changed."""
    ids = {_number(r) for r in refs}
    if model.objects.visible_to(by.user).filter(pk__in=ids).count() != len(ids):
        raise NotFound
    rows = model.objects.locked_many(ids, by=by, may=may)
    if len(rows) != len(ids):
        raise Forbidden
    return rows


def _number(ref: Any) -> int:
    number = ref.pk if isinstance(ref, Company | Contact) else number_of(ref)
    if number is None:
        raise NotFound
    return int(number)
