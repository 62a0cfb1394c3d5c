"""Finding the person a row means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from takt.gateways.transfer.kinds.world import World
from takt.kernel.lib.names import sort_key
from takt.sales.contacts.models import Contact, Email, Phone


@dataclass
class Person:
    """Who is meant, as far as the row says."""

    name: str = ""
    company: int | None = None
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()


class People:
    """Existing contacts by what a batch of rows tells of them: e-mail first, then phone and name, then name and company."""

    def __init__(self, world: World, wanted: Sequence[Person], columns: Sequence[str] = ()) -> None:
        emails = {e for p in wanted for e in p.emails}
        phones = {n for p in wanted for n in p.phones}
        bare = {sort_key(p.name) for p in wanted if p.name}
        visible = Contact.objects.all().within(world.by.user, "edit")
        by_email = dict(
            Email.objects.filter(address__in=emails, contact__isnull=False)
            .order_by("-contact_id")
            .values_list("address", "contact_id")
        )
        by_phone: dict[str, list[int]] = {}
        for number, pk in (
            Phone.objects.filter(number__in=phones, contact__isnull=False)
            .order_by("contact_id")
            .values_list("number", "contact_id")
        ):
            by_phone.setdefault(number, []).append(pk)
        near = {*by_email.values(), *(pk for ids in by_phone.values() for pk in ids)}
        condition = Q(pk__in=near) | Q(sort_key__in=bare)
        fields = ["id", "sort_key", "company_id", "deleted_at", *columns]
        self.rows: dict[int, dict[str, Any]] = {
            r["id"]: r
            for r in Contact.objects.filter(condition).filter(visible).order_by("-pk").values(*fields)
        }
        alive = {pk: r for pk, r in self.rows.items() if r["deleted_at"] is None}
        self.by_email = {e: pk for e, pk in by_email.items() if pk in alive}
        self.by_phone = {n: [pk for pk in ids if pk in alive] for n, ids in by_phone.items()}
        self.by_name = {(r["sort_key"], r["company_id"]): pk for pk, r in alive.items()}

    def find(self, person: Person) -> int | None:
        for email in person.emails:
            if email in self.by_email:
                return self.by_email[email]
        key = sort_key(person.name) if person.name else ""
        for number in person.phones:
            for pk in self.by_phone.get(number, ()):
                if not key or self.rows[pk]["sort_key"] == key:
                    return pk
        if key and not person.emails and not person.phones:
            return self.by_name.get((key, person.company))
        return None
