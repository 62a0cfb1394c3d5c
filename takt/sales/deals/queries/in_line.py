"""Lines of business: whom a company has in the deals of a pipeline (features, CU2)."""

from collections.abc import Sequence

from django.db import connection

from takt.sales.deals.models import DealContact


def contacts_in_line(company: int, pipeline: int) -> int:
    """How many people of a company take part in its open or won deals of a pipeline: a fact for gates.

    Who has left the company, or lies in the recycle bin, doesn't count.
    """
    parts = DealContact.objects.filter(
        deal__company=company,
        deal__pipeline=pipeline,
        deal__deleted_at=None,
        deal__status__in=("open", "won"),
        contact__deleted_at=None,
        contact__company=company,
    )
    return parts.values("contact").distinct().count()


_OF_DEALS = """
SELECT d.id, (
    SELECT count(DISTINCT k.id) FROM deal o JOIN deal_contact x ON x.deal_id = o.id
    JOIN contact k ON k.id = x.contact_id AND k.deleted_at IS NULL AND k.company_id = d.company_id
    WHERE o.company_id = d.company_id AND o.pipeline_id = d.pipeline_id AND o.deleted_at IS NULL
      AND o.status IN ('open', 'won')
) FROM deal d WHERE d.id = ANY(%s) AND d.company_id IS NOT NULL
"""


def contacts_in_line_of(deals: Sequence[int]) -> dict[int, int]:
    """The same for the company and the pipeline of each of these deals; a deal without a company has none."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_DEALS, [list(deals)])
        return dict(cursor.fetchall())
