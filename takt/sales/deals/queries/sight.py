"""Which of a task's records its reader sees: a task may be handed to somebody who doesn't see its customer."""

import datetime as dt
from dataclasses import dataclass

from takt.kernel.access.reach import granted, owners_within
from takt.kernel.accounts.models import User
from takt.sales.activities.models import Task

type Owners = frozenset[int] | None


@dataclass(frozen=True)
class Sight:
    """Whose deals, companies and contacts a person sees; companies and contacts without an owner are shared."""

    deals: Owners
    companies: Owners
    contacts: Owners
    shared_deals: frozenset[int] = frozenset()

    def deal(self, owner: int | None, number: int | None) -> bool:
        return self.deals is None or owner in self.deals or number in self.shared_deals

    def company(self, owner: int | None, deleted_at: dt.datetime | None = None) -> bool:
        return deleted_at is None and _shared(self.companies, owner)

    def contact(self, owner: int | None, deleted_at: dt.datetime | None = None) -> bool:
        return deleted_at is None and _shared(self.contacts, owner)

    def of(self, task: Task) -> dict[str, bool]:
        """Which of the records of a task, read with them, are seen."""
        deal, company, contact = task.deal, task.company, task.contact
        return {
            "deal": deal is not None and deal.deleted_at is None and self.deal(deal.owner_id, deal.pk),
            "company": company is not None and self.company(company.owner_id, company.deleted_at),
            "contact": contact is not None and self.contact(contact.owner_id, contact.deleted_at),
        }


def sight_of(user: User) -> Sight:
    return Sight(
        deals=owners_within(user, "deal"),
        companies=owners_within(user, "company"),
        contacts=owners_within(user, "contact"),
        shared_deals=granted(user, "deal"),
    )


def _shared(owners: Owners, owner: int | None) -> bool:
    return owners is None or owner in owners or (owner is None and bool(owners))
