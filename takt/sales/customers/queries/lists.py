"""Which customers need somebody's attention: forgotten ones, thin lines of business, levels to confirm."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from takt.kernel.accounts.models import User
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company, CompanyQuerySet
from takt.sales.customers.parameters import held
from takt.sales.deals.models import Deal, Pipeline

SHOWN = 200


def unspoken(user: User | None, day: dt.date, days: int) -> CompanyQuerySet:
    """Key customers with whom nobody has spoken for `days`, and whom nobody is about to speak with."""
    since = day - dt.timedelta(days=days)
    planned = Task.objects.filter(status="open", deleted_at=None)
    lately = Task.objects.filter(company=OuterRef("pk"), via="rule:regular_check", created_at__date__gt=since)
    rows: Any = Company.objects.visible_to(user).filter(
        Q(standing__last_contact_on=None) | Q(standing__last_contact_on__lte=since),
        ~Exists(planned.filter(company=OuterRef("pk"))),
        ~Exists(planned.filter(deal__company=OuterRef("pk"), deal__deleted_at=None, deal__status="open")),
        ~Exists(planned.filter(contact__company=OuterRef("pk"))),
        ~Exists(lately),
        level="A",
        created_at__date__lte=since,
    )
    return (
        rows.select_related("owner")
        .annotate(spoken=F("standing__last_contact_on"))
        .order_by("sort_key", "pk")
    )


@dataclass(frozen=True)
class Thin:
    """A company with too few people in a line of business."""

    company: int
    name: str
    owner: str
    pipeline: int
    line: str
    people: int


_THIN = """
SELECT c.id, c.name, coalesce(u.name, ''), p.id, p.name, count(DISTINCT k.id)
FROM deal d JOIN ({companies}) seen ON seen.id = d.company_id JOIN company c ON c.id = d.company_id
JOIN pipeline p ON p.id = d.pipeline_id LEFT JOIN "user" u ON u.id = c.owner_id
LEFT JOIN deal_contact x ON x.deal_id = d.id
LEFT JOIN contact k ON k.id = x.contact_id AND k.deleted_at IS NULL AND k.company_id = c.id
WHERE d.deleted_at IS NULL AND d.status IN ('open', 'won') {only}
GROUP BY c.id, u.name, p.id HAVING count(DISTINCT k.id) < %s
ORDER BY c.sort_key, c.id, p.position LIMIT %s
"""


def thin_lines(user: User, least: int | None = None, limit: int = SHOWN) -> list[Thin]:
    """Companies with fewer people than the rule wants in a line of business where they have open or won deals.

    Only companies and deals that the user sees count, so that the list tells nothing of hidden ones.
    """
    wanted = held("contacts_per_line").number("least") if least is None else least
    companies, values = Company.objects.visible_to(user).order_by().values("id").query.sql_with_params()
    only, more = "", ()
    deals = Deal.objects.visible_to(user)
    if deals.within(user, "view"):
        seen, more = deals.order_by().values("id").query.sql_with_params()
        only = f"AND d.id IN ({seen})"
    with connection.cursor() as cursor:
        cursor.execute(_THIN.format(companies=companies, only=only), [*values, *more, wanted, limit])
        return [Thin(*row) for row in cursor.fetchall()]


def lines() -> list[Pipeline]:
    return list(Pipeline.objects.filter(is_active=True).order_by("position", "pk"))


def proposals(user: User) -> CompanyQuerySet:
    """Companies whose level the rule would change, of those that the user may change; not those set by hand."""
    rows: Any = Company.objects.visible_to(user, "edit").filter(level_is_manual=False)
    return (
        rows.exclude(standing=None)
        .exclude(standing__proposed_level="")
        .exclude(standing__proposed_level=F("level"))
        .annotate(proposed=F("standing__proposed_level"), segment=F("standing__segment"))
        .select_related("owner")
        .order_by("standing__proposed_level", "sort_key", "pk")
    )
