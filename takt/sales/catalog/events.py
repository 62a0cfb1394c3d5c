"""Facts about products. Their names are for ever."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("product.created", _("added the product “%(name)s”"))
class ProductCreated(Fact):
    name: str
    code: str
    price: str | None
    currency: str


@fact("product.edited", _("changed the product"))
class ProductEdited(Fact):
    changes: list[dict[str, Any]]


@fact("product.retired", _("took the product “%(name)s” out of the catalog"))
class ProductRetired(Fact):
    name: str


@fact("product.revived", _("put the product “%(name)s” back into the catalog"))
class ProductRevived(Fact):
    name: str
