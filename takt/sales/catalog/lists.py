"""What the catalog's list can show, be filtered and ordered by."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.lists.spec import Column, ListSpec

PRODUCTS = ListSpec(
    resource="products",
    entity="product",
    columns=(
        Column("name", _("Product"), sort="sort_key"),
        Column("code", _("Code"), sort="code"),
        Column("series", _("Series"), sort="series"),
        Column("unit", _("Unit")),
        Column("price", _("List price"), kind="money", sort="price", nullable=True),
        Column("currency", _("Currency"), sort="currency"),
        Column("tax_rate", _("Tax, %"), kind="number", sort="tax_rate", shown=False, nullable=True),
        Column("is_active", _("On offer"), kind="bool"),
        Column("created_at", _("Added"), kind="datetime", sort="created_at", shown=False),
        Column("updated_at", _("Changed"), kind="datetime", sort="updated_at", shown=False),
    ),
    default_sort="name",
    search=True,
    has_fields=True,
    views=((_("On offer"), "is_active=true"), (_("Retired"), "is_active=false")),
)
