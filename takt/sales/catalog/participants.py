"""What the catalog answers to the rooms below: search over everything, and its invariants for `doctor`."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import User
from takt.kernel.lib.checks import declare_sql
from takt.kernel.lists.search import Searched, searches
from takt.sales.catalog.models import Product
from takt.sales.catalog.queries import pick_products


def find_products(user: User, q: str, limit: int) -> list[tuple[str, str, str]]:
    found = pick_products(Product.objects.visible_to(user), q, limit)
    return [(p.name, ", ".join(t for t in (p.code, p.series) if t), f"/products/{p.pk}") for p in found]


searches.append(Searched("product", _("Products"), "package", find_products, position=60))

declare_sql(
    "catalog.created_event",
    "every product has the event of its creation",
    """
    SELECT p.id FROM product p WHERE NOT EXISTS (
        SELECT 1 FROM event_subject s JOIN event e ON e.id = s.event_id
        WHERE s.kind = 'product' AND s.object_id = p.id AND e.kind = 'product.created'
    )
    """,
)
