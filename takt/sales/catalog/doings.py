"""What can be changed from the catalog's list: fields of many products, and cells in their place."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from takt.kernel.access.reach import may
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.acts import Act, Doings, Editor
from takt.kernel.lists.editing import change_of
from takt.kernel.lists.spec import Column
from takt.sales.catalog import commands
from takt.sales.catalog.lists import PRODUCTS
from takt.sales.catalog.models import Product


def _check(arguments: dict[str, Any], *, by: Actor) -> None:
    commands.cleaned_for_many(arguments, by=by)


def save(
    pk: int, column: Column, value: Any, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Product:
    """One field of a product."""
    change = change_of(column, value == "true" if column.name == "is_active" else value)
    return commands.edit_product(pk, change, by=by, at=at, version=version)


def _text(name: str, **more: Any) -> Editor:
    return Editor(value=lambda row: getattr(row, name), **more)


PRODUCTS_DOINGS = Doings(
    spec=PRODUCTS,
    rows=Product.objects.visible_to,
    path="/products",
    acts=(Act("edit", _l("Change a field"), commands.edit_many, commands.put_back, check=_check),),
    editors={
        "name": _text("name", is_required=True, many=False),
        "code": _text("code", many=False),
        "series": _text("series"),
        "unit": _text("unit"),
        "price": Editor("money", value=lambda row: row.price),
        "currency": _text("currency"),
        "is_active": Editor(
            "one",
            value=lambda row: "true" if row.is_active else "false",
            options=lambda user, row: [("true", _("yes")), ("false", _("no"))],
            is_required=True,
        ),
    },
    change=save,
    may_act=lambda user, act: may(user, "edit_catalog"),
)
