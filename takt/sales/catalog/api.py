import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.problems import PROBLEMS, Currency, Filled, Input
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import api_list, check_if_match, custom_of, with_etag
from takt.sales.catalog import commands
from takt.sales.catalog.lists import PRODUCTS
from takt.sales.catalog.models import Product as Row

router = Router(tags=["products"])


class ProductFields(Input):
    code: str = ""
    series: str = ""
    unit: str = ""
    price: str | int | None = Field(None, description="Decimal as a string; needs `currency`")
    currency: Currency | Literal[""] = ""
    tax_rate: str | int | float | None = Field(None, description="Percent, such as 20")
    custom: dict[str, Any] = {}


class NewProduct(ProductFields):
    name: Filled


class ProductChange(ProductFields):
    """Only what is sent is changed."""

    name: Filled = ""
    is_active: bool = True
    version: int | None = None


class Product(Schema):
    id: int
    name: str
    code: str
    series: str
    unit: str
    price: str | None
    currency: str
    tax_rate: str | None = Field(description="Percent as a string; empty where none is known")
    is_active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
    custom: dict[str, Any] = Field({}, description="Fields of one's own by slug; empty ones are left out")


class Products(Schema):
    items: list[Product]
    next_cursor: str | None
    total: int | None = None


def product_json(row: Row) -> dict[str, Any]:
    plain = ("id", "name", "code", "series", "unit", "currency", "is_active", "created_at", "updated_at")
    return {field: getattr(row, field) for field in plain} | {
        "price": None if row.price is None else str(row.price),
        "tax_rate": None if row.tax_rate is None else str(row.tax_rate),
        "version": row.version,
    }


def _answer(request: HttpRequest, row: Row) -> dict[str, Any]:
    return product_json(row) | {"custom": custom_of("product", row, request.user)}


def _product(request: HttpRequest, pk: int) -> Row:
    row = Row.objects.visible_to(request.user).filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


@router.get("/products", response={200: Products, **PROBLEMS}, exclude_unset=True)
def list_products(request: HttpRequest) -> Any:
    """The catalog; retired products too, unless `is_active=true` is asked for."""
    return api_list(request, PRODUCTS, Row.objects.visible_to(request.user), product_json)


@router.post("/products", response={201: Product, **PROBLEMS})
def create_product(request: HttpRequest, payload: NewProduct, response: HttpResponse) -> Any:
    row = commands.create_product(
        **({"custom": {}} | payload.model_dump(exclude_unset=True)), **acting(request)
    )
    response["Location"] = f"/api/v1/products/{row.pk}"
    with_etag(response, row)
    return 201, _answer(request, row)


@router.get("/products/{int:pk}", response={200: Product, **PROBLEMS})
def get_product(request: HttpRequest, pk: int, response: HttpResponse) -> Any:
    row = _product(request, pk)
    with_etag(response, row)
    return _answer(request, row)


@router.patch("/products/{int:pk}", response={200: Product, **PROBLEMS})
def edit_product(request: HttpRequest, pk: int, payload: ProductChange, response: HttpResponse) -> Any:
    """Change a product; `is_active` retires it or offers it again."""
    check_if_match(request, _product(request, pk))
    row = commands.edit_product(
        pk,
        payload.model_dump(exclude_unset=True, exclude={"version"}),
        version=payload.version if payload.version is not None else version_in(request),
        **acting(request),
    )
    with_etag(response, row)
    return _answer(request, row)


@router.delete("/products/{int:pk}", response={204: None, **PROBLEMS})
def retire_product(request: HttpRequest, pk: int) -> Any:
    """Take a product out of the catalog; old deals keep it."""
    check_if_match(request, _product(request, pk))
    commands.retire_product(pk, version=version_in(request), **acting(request))
    return 204, None


@router.post("/products/{int:pk}/restore", response={200: Product, **PROBLEMS})
def restore_product(request: HttpRequest, pk: int) -> Any:
    """Offer a retired product again."""
    return _answer(request, commands.revive_product(pk, **acting(request)))
