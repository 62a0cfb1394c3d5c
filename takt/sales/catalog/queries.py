from django.db.models import Q

from takt.kernel.lib.search import matching
from takt.sales.catalog.models import Product, ProductQuerySet


def pick_products(rows: ProductQuerySet, q: str, limit: int = 20) -> list[Product]:
    """Products on offer whose name, code or series hold what was typed; an exact code comes first."""
    words = q.strip()[:200]
    if "\x00" in words:
        return []
    rows = rows.active()
    exact = list(rows.filter(code__iexact=words)) if words else []
    found = rows.filter(matching(words) if words else Q()).exclude(pk__in=[p.pk for p in exact])
    return (exact + list(found.order_by("sort_key", "id")[:limit]))[:limit]
