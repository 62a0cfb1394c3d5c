from django.utils.translation import gettext_lazy as _

from takt.kernel.lists.spec import Column, ListSpec

RATES = ListSpec(
    resource="rates",
    entity="rate",
    columns=(
        Column("currency", _("Currency"), sort="currency"),
        Column("on", _("From"), kind="date", sort="on"),
        Column("rate", _("Rate"), kind="number", sort="rate"),
    ),
    default_sort="-on",
)
