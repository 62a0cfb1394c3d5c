"""Lines of business: whom a company has in the deals of a pipeline (features, CU2)."""

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
