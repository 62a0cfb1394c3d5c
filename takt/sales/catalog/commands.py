"""All writes of the catalog. What a deal already holds keeps the price it was sold at."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, touched
from takt.kernel.access.stale import changed_since
from takt.kernel.events.unit import command, record
from takt.kernel.fields.commands import bring_files
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between, read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists.acts import Outcome
from takt.kernel.undo.images import Image, Part, Picture, restore, untouched
from takt.kernel.undo.registry import inverse
from takt.sales.catalog import events
from takt.sales.catalog.models import Product

TEXTS = {"name": 200, "code": 60, "series": 120, "unit": 20}
FIELDS = frozenset({*TEXTS, "price", "currency", "tax_rate"})


@command
def create_product(
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    code: str = "",
    series: str = "",
    unit: str = "",
    price: Any = None,
    currency: str = "",
    tax_rate: Any = None,
    custom: Mapping[str, Any] | None = None,
) -> Product:
    """Add a thing or service with its list price; a price needs its currency, a code is given once."""
    demand(by, "edit_catalog")
    checks = Checks()
    product = Product(created_at=at, updated_at=at)
    given = {
        "name": name, "code": code, "series": series, "unit": unit, "price": price, "currency": currency,
        "tax_rate": tax_rate,
    }  # fmt: skip
    _fill(product, given, checks)
    own = read_values("product", {}, custom, by=by, checks=checks, is_new=True)
    product.custom = own.custom
    checks.finish()
    _describe(product)
    product.save(force_insert=True)
    bring_files(own, "product", product, by=by, at=at)
    fact = events.ProductCreated(
        name=product.name,
        code=product.code,
        price=None if product.price is None else str(product.price),
        currency=product.currency,
    )
    record(fact, about=product, by=by, at=at)
    return product


@command
def edit_product(
    product: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Product:
    """Change a product of the catalog; deals keep what they were offered at. `is_active` retires or revives."""
    product = _locked(product, by=by, version=version)
    is_active = changes.get("is_active")
    own = changes.get("custom")
    changes = {field: value for field, value in changes.items() if field not in {"is_active", "custom"}}
    checks = Checks()
    written = read_values("product", product.custom, own, by=by, checks=checks, record=product.pk, at=at)
    for field in sorted(set(changes) - FIELDS):
        checks.wrong(field[:80], _("There is no such field, or it can't be changed here."), "unknown_field")
    before = {field: getattr(product, field) for field in FIELDS}
    _fill(product, {f: v for f, v in changes.items() if f in FIELDS}, checks)
    checks.finish()
    found = [
        {"field": field, "old": _plain(before[field]), "new": _plain(getattr(product, field))}
        for field in sorted(FIELDS)
        if before[field] != getattr(product, field)
    ] + written.changes
    if found:
        product.custom = written.custom
        _describe(product)
        touched(product, at)
        product.save()
        record(events.ProductEdited(changes=found), about=product, by=by, at=at)
    if is_active is None:
        return product
    return (revive_product if is_active else retire_product)(product, by=by, at=at)


@command
def retire_product(product: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Product:
    """No longer offered for choice; old deals keep it."""
    product = _locked(product, by=by, version=version)
    if product.is_active:
        _set_active(product, False, at)
        record(events.ProductRetired(name=product.name), about=product, by=by, at=at)
    return product


@inverse("catalog.revive_product")
@command
def revive_product(product: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Product:
    """Offered for choice again."""
    product = _locked(product, by=by, version=version)
    if not product.is_active:
        _set_active(product, True, at)
        record(events.ProductRevived(name=product.name), about=product, by=by, at=at)
    return product


def _set_active(product: Product, is_active: bool, at: dt.datetime) -> None:
    product.is_active = is_active
    touched(product, at)
    product.save(update_fields=["is_active", "version", "updated_at"])


def _locked(ref: Any, *, by: Actor, version: int | None) -> Product:
    demand(by, "edit_catalog")
    text = str(ref.pk if isinstance(ref, Product) else ref)
    number = int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else 0
    product = Product.objects.select_for_update().filter(pk=number).first()
    if product is None:
        raise NotFound
    if version is not None and version != product.version:
        raise changed_since(product, version)
    return product


def _fill(product: Product, given: dict[str, Any], checks: Checks) -> None:
    for field, most in TEXTS.items():
        if field in given:
            setattr(product, field, checks.text(field, given[field], most=most, required=field == "name"))
    if "price" in given:
        product.price = checks.amount("price", given["price"])
    if "tax_rate" in given:
        product.tax_rate = _rate(given["tax_rate"], checks)
    if "currency" in given:
        product.currency = checks.currency("currency", given["currency"]) if given["currency"] else ""
    if product.price is not None and not product.currency and not checks.problems:
        checks.wrong("currency", _("A price needs its currency."), "required")
    taken = "code" in given and product.code and "\x00" not in product.code
    if taken and Product.objects.filter(code=product.code).exclude(pk=product.pk).exists():
        checks.wrong("code", _("Another product has this code."), "taken")


def _rate(value: Any, checks: Checks) -> Decimal | None:
    rate = checks.amount("tax_rate", value)
    if rate is not None and rate > 100:
        checks.wrong("tax_rate", _("Enter a percentage from 0 to 100."), "out_of_range")
        return None
    return rate


def _describe(product: Product) -> None:
    product.sort_key = sort_key(product.name)
    product.set_search(product.name, product.code, product.series)


def _plain(value: Any) -> Any:
    return None if value is None else str(value)


MANY_FIELDS = frozenset({"series", "unit", "price", "currency", "is_active"})


def cleaned_for_many(
    arguments: Mapping[str, Any], *, by: Actor
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The values by field, and of one's own fields by slug (None takes one away); Invalid as for one product."""
    demand(by, "edit_catalog")
    changes = dict(arguments.get("changes") or {})
    own = changes.pop("custom", None)
    if not changes and not own:
        raise Invalid.field("changes", _("Choose what to change."), "required")
    checks = Checks()
    for field in sorted(set(changes) - MANY_FIELDS):
        checks.wrong(
            field[:80], _("There is no such field, or it can't be changed for many at once."), "unknown_field"
        )
    values: dict[str, Any] = {}
    for field in ("series", "unit"):
        if field in changes:
            values[field] = checks.text(field, changes[field], most=TEXTS[field])
    if "price" in changes:
        values["price"] = checks.amount("price", changes["price"])
    if "currency" in changes:
        values["currency"] = checks.currency("currency", changes["currency"])
    if "is_active" in changes:
        if str(changes["is_active"]).lower() not in {"true", "false"}:
            checks.wrong("is_active", _("Choose yes or no."))
        values["is_active"] = str(changes["is_active"]).lower() == "true"
    written = read_values("product", {}, own, by=by, checks=checks)
    checks.finish()
    return values, None if own is None else {slug: written.custom.get(slug) for slug in own}


@command
def edit_many(
    products: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Give fields of many products one value, retire or revive them; what deals hold keeps its price."""
    values, own = cleaned_for_many(arguments, by=by)
    fields = fields_in_use("product") if own is not None else []
    out, changed = Outcome(), []
    rows = Product.objects.filter(pk__in=products).order_by("pk").select_for_update()
    for product in rows:
        found = [
            {"field": f, "old": _plain(getattr(product, f)), "new": _plain(v)}
            for f, v in values.items()
            if f != "is_active" and getattr(product, f) != v
        ]
        custom = product.custom
        if own is not None:
            custom = {s: v for s, v in (product.custom | own).items() if v is not None}
            found += changes_between(fields, product.custom, custom)
        turns = "is_active" in values and product.is_active != values["is_active"]
        if not found and not turns:
            out.same.append(product.pk)
            continue
        for field, value in values.items():
            setattr(product, field, value)
        if product.price is not None and not product.currency:
            out.skip([product.pk], _("A price needs its currency."))
            continue
        product.custom = custom
        _describe(product)
        touched(product, at)
        if found:
            record(events.ProductEdited(changes=found), about=product, by=by, at=at, batch=batch)
        if turns:
            record(_turned(product), about=product, by=by, at=at, batch=batch)
        changed.append(product)
    picture = Picture([Part("product")], [p.pk for p in changed])
    columns = [*values, "custom", "search", "search_grams", "version", "updated_at"]
    Product.objects.bulk_update(changed, columns, batch_size=1000)
    out.changed = picture.changes()
    return out


def _turned(product: Product) -> Any:
    fact = events.ProductRevived if product.is_active else events.ProductRetired
    return fact(name=product.name)


@command
def put_back(images: Mapping[int, Image], *, by: Actor, at: dt.datetime, batch: uuid.UUID) -> dict[int, str]:
    """Give products back what an act on many took; those that were changed since stay, and are answered."""
    demand(by, "edit_catalog")
    same = untouched(images)
    restore({pk: images[pk] for pk in same}, at)
    fields = fields_in_use("product")
    for product in Product.objects.filter(pk__in=same).order_by("pk"):
        changed = images[product.pk]["product"][str(product.pk)] or {}
        noted = [
            {"field": f, "old": changed[f][1], "new": changed[f][0]}
            for f in sorted(MANY_FIELDS - {"is_active"})
            if f in changed
        ]
        if "custom" in changed:
            noted += changes_between(fields, changed["custom"][1], changed["custom"][0])
        if noted:
            record(events.ProductEdited(changes=noted), about=product, by=by, at=at, batch=batch)
        if "is_active" in changed:
            record(_turned(product), about=product, by=by, at=at, batch=batch)
    return dict.fromkeys(set(images) - same, _("It was changed since, and stays as it is."))
