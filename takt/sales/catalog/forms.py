"""The form of a product: what was typed and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs
from takt.kernel.fields.forms import posted as own_posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.refusals import Refusal
from takt.sales.catalog.models import Product

TEXTS = ("name", "code", "series", "unit", "price", "currency", "tax_rate")


@dataclass
class ProductForm:
    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    own: list[Input] = field(default_factory=list)


def posted(post: QueryDict) -> dict[str, Any]:
    """A command's arguments from the form."""
    found: dict[str, Any] = {name: post[name] for name in TEXTS if name in post}
    if own := own_posted(post):
        found["custom"] = own
    return found


def product_form(
    user: User,
    product: Product | None = None,
    given: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
) -> ProductForm:
    values: dict[str, Any] = dict.fromkeys(TEXTS, "") | {"currency": settings.TAKT_CURRENCY}
    if product is not None:
        values = {name: getattr(product, name) for name in TEXTS}
        values["tax_rate"] = "" if product.tax_rate is None else format(product.tax_rate.normalize(), "f")
        values["currency"] = product.currency or settings.TAKT_CURRENCY
    form = ProductForm(values | (given or {}))
    if refusal is not None:
        form.errors = {p.field: str(p.message) for p in refusal.errors}
        form.sentences = [_("Please correct the marked fields.") if refusal.errors else str(refusal.detail)]
    form.own = inputs(
        fields_in_use("product", product.pk if product else None),
        product.custom if product else {},
        user,
        (given or {}).get("custom"),
        form.errors,
        ("product", product.pk) if product else None,
    )
    return form
