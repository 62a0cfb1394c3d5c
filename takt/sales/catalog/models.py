"""What the company sells."""

from django.db import models

from takt.kernel.accounts.acts import may
from takt.kernel.accounts.models import User
from takt.kernel.fields.models import WithFields
from takt.kernel.lib.search import Searchable, search_indexes


class ProductQuerySet(models.QuerySet):
    def active(self) -> "ProductQuerySet":
        return self.filter(is_active=True)

    def visible_to(self, user: User | None, act: str = "view") -> "ProductQuerySet":
        """The catalog is everybody's who is signed in; it is changed by those who may edit it."""
        return self.all() if act == "view" or user is None or may(user, "edit_catalog") else self.none()


class Product(Searchable, WithFields):
    """A thing or service with a list price; a retired one stays in old deals."""

    name = models.CharField(max_length=200)
    sort_key = models.CharField(max_length=200, editable=False)
    code = models.CharField(max_length=60, blank=True, default="")
    series = models.CharField(max_length=120, blank=True, default="")
    unit = models.CharField(max_length=20, blank=True, default="")
    price = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)  # percent
    is_active = models.BooleanField(default=True)
    import_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "product"
        indexes = [
            models.Index(fields=["sort_key", "id"], name="product_order"),
            *search_indexes("product"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="product_code_once", condition=~models.Q(code="")),
            models.CheckConstraint(
                condition=models.Q(price=None) | ~models.Q(currency=""), name="product_price_has_currency"
            ),
            models.CheckConstraint(
                condition=models.Q(tax_rate=None) | models.Q(tax_rate__gte=0, tax_rate__lte=100),
                name="product_tax_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.name
