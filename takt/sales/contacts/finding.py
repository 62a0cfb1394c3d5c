"""Companies and people by words, for the one search box."""

from typing import Any

from django.db.models import QuerySet

from takt.kernel.accounts.models import User
from takt.kernel.lib.search import Wanted
from takt.kernel.lists.finding import Ordered, candidates, nearness
from takt.kernel.lists.search import Hit
from takt.sales.contacts.lists import named_contacts
from takt.sales.contacts.models import Company, Contact, Phone

LATEST = Ordered(all="updated_at DESC, id DESC", of_owner="sort_key, id")


def find_companies(user: User, looked_for: Wanted, limit: int) -> list[Hit]:
    """The nearest names first, one's own before others'."""
    rows = Company.objects.visible_to(user)
    found = candidates(_shown_companies, rows, user, looked_for, order=LATEST, limit=limit * 2)
    return _companies(_ranked(found, user, looked_for, limit), looked_for)


def _shown_companies(user: User | None) -> QuerySet[Company]:
    rows: QuerySet[Company] = Company.objects.visible_to(user)
    return rows.only("name", "industry", "region", "tax_id", "owner", "updated_at")


def known_companies(user: User, keys: list[int]) -> dict[int, Hit]:
    found = list(
        Company.objects.visible_to(user).filter(pk__in=keys).only("name", "industry", "region", "tax_id")
    )
    return dict(zip((c.pk for c in found), _companies(found, None), strict=True))


def find_contacts(user: User, looked_for: Wanted, limit: int) -> list[Hit]:
    rows = Contact.objects.visible_to(user)
    found = candidates(_shown_contacts, rows, user, looked_for, order=LATEST, limit=limit * 2)
    return _people(_ranked(found, user, looked_for, limit), looked_for)


def _shown_contacts(user: User | None) -> QuerySet[Contact]:
    return named_contacts(user).only("name", "position", "owner", "updated_at")


def known_contacts(user: User, keys: list[int]) -> dict[int, Hit]:
    found = list(named_contacts(user).filter(pk__in=keys))
    return dict(zip((c.pk for c in found), _people(found, None), strict=True))


def _ranked(found: Any, user: User, looked_for: Wanted, limit: int) -> list[Any]:
    def place(row: Any) -> tuple[Any, ...]:
        return nearness(row.name, looked_for), row.owner_id != user.pk, -row.updated_at.timestamp()

    return sorted(found, key=place)[:limit]


def _companies(found: list[Any], looked_for: Wanted | None) -> list[Hit]:
    numbers = _numbers("company_id", found, looked_for)
    hits = []
    for c in found:
        about = ", ".join(p for p in (c.industry, c.region) if p)
        is_by_tax_id = looked_for is not None and any(
            s in c.tax_id.lower() for s in looked_for.spellings if c.tax_id
        )
        hits.append(
            Hit(c.name, about, f"/companies/{c.pk}", numbers.get(c.pk) or (c.tax_id if is_by_tax_id else ""))
        )
    return hits


def _people(found: list[Any], looked_for: Wanted | None) -> list[Hit]:
    numbers = _numbers("contact_id", found, looked_for)
    return [
        Hit(
            c.name,
            ", ".join(p for p in (c.position, c.seen_company) if p),
            f"/contacts/{c.pk}",
            numbers.get(c.pk, ""),
        )
        for c in found
    ]


def _numbers(owner: str, found: list[Any], looked_for: Wanted | None) -> dict[int, str]:
    """The telephone numbers by which these were found, where digits were typed."""
    if looked_for is None or len(looked_for.digits) < 3 or not found:
        return {}
    rows = Phone.objects.filter(**{f"{owner}__in": [row.pk for row in found]}).order_by("-position", "-id")
    spellings = [s.lstrip("0") for s in looked_for.spellings]
    spellings += [s[1:] for s in spellings if s.startswith("8") and len(s) > 4]
    return {
        key: number
        for key, number in rows.values_list(owner, "number")
        if any(s in number for s in spellings)
    }
