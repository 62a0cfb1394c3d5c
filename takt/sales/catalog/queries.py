from django.db.models import BooleanField, ExpressionWrapper, Q

from takt.kernel.lib.search import Wanted, matching
from takt.sales.catalog.models import Product, ProductQuerySet


def pick_products(rows: ProductQuerySet, q: str | Wanted, limit: int = 20) -> list[Product]:
    """Products on offer whose name, code or series hold what was typed; an exact code comes first."""
    words = q.text if isinstance(q, Wanted) else q.strip()[:200]
    if "\x00" in words:
        return []
    rows = rows.active()
    if not words:
        return list(rows.order_by("sort_key", "id")[:limit])
    exact = ExpressionWrapper(Q(code__iexact=words), BooleanField())
    return list(
        rows.filter(matching(q if isinstance(q, Wanted) else words)).order_by(exact.desc(), "sort_key", "id")[
            :limit
        ]
    )
