"""What the catalog answers to the rooms below: search over everything, and its invariants for `doctor`."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.accounts.models import User
from takt.kernel.lib.checks import declare_sql
from takt.kernel.lib.search import Wanted
from takt.kernel.lists.search import Hit, Searched, searches
from takt.sales.catalog.models import Product
from takt.sales.catalog.queries import pick_products


def find_products(user: User, looked_for: Wanted, limit: int) -> list[Hit]:
    return [_hit(p) for p in pick_products(Product.objects.visible_to(user), looked_for, limit)]


def known_products(user: User, keys: list[int]) -> dict[int, Hit]:
    return {p.pk: _hit(p) for p in Product.objects.visible_to(user).filter(pk__in=keys)}


def _hit(product: Product) -> Hit:
    about = ", ".join(t for t in (product.code, product.series) if t)
    return Hit(product.name, about, f"/products/{product.pk}")


searches.append(
    Searched("product", _("Products"), "package", find_products, position=60, known=known_products)
)

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
