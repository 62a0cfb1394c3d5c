from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import lines_of
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.lists.table import list_page
from takt.kernel.lists.timeline import timeline
from takt.kernel.ui.formats import money
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.catalog import commands, forms
from takt.sales.catalog.lists import PRODUCTS
from takt.sales.catalog.models import Product
from takt.sales.catalog.queries import pick_products


def _price(row: Any) -> Cell:
    return Cell(money(row.price, row.currency) if row.price is not None else "", value=row.price)


def _state(row: Any) -> Cell:
    return Cell(_("yes"), tone="good") if row.is_active else Cell(_("retired"), tone="muted")


SHOWS = {
    "name": Show(("name",), lambda row: Cell(row.name, url=f"/products/{row.id}", value=row.name)),
    "price": Show(("price", "currency"), _price),
    "is_active": Show(("is_active",), _state),
}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    return list_page(
        request,
        PRODUCTS,
        Product.objects.visible_to(request.user),
        template="catalog/products.html",
        shows=SHOWS,
        empty_text=_("The catalog holds what you sell, with list prices."),
        context={"may_edit": may(request.user, "edit_catalog")},  # type: ignore[arg-type]
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if not may(request.user, "edit_catalog"):  # type: ignore[arg-type]
        raise Forbidden
    if request.method != "POST":
        return render(
            request, "catalog/product.html", {"form": forms.product_form(request.user), "may_edit": True}
        )
    files = keep_files(request)
    given = forms.posted(request.POST)
    try:
        files.finish()
        product = commands.create_product(**({"name": "", "custom": {}} | given), **acting(request))
    except Refusal as refusal:
        context = {"form": forms.product_form(request.user, given=given, refusal=refusal), "may_edit": True}
        return render(request, "catalog/product.html", context, status=refusal.status)
    flash(request, _("%(name)s was added.") % {"name": product.name})
    return HttpResponseRedirect("/products")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A product with its history; who may, changes it here."""
    product = _found(request, pk)
    context: dict[str, Any] = {
        "product": product,
        "version": product.version,
        "may_edit": may(request.user, "edit_catalog"),  # type: ignore[arg-type]
    }
    if not context["may_edit"]:
        context["own"] = lines_of(fields_in_use("product", pk), product.custom, request.user)  # type: ignore[arg-type]
    if request.method != "POST":
        return render(
            request,
            "catalog/product.html",
            context | _history(request, product) | {"form": forms.product_form(request.user, product)},
        )
    files = keep_files(request)
    given = forms.posted(request.POST)
    try:
        files.finish()
        commands.edit_product(pk, given, version=version_in(request), **acting(request))
    except Refusal as refusal:
        context |= {
            "form": forms.product_form(request.user, product, given, refusal),
            "version": request.POST.get("version", ""),
        }
        return render(
            request, "catalog/product.html", context | _history(request, product), status=refusal.status
        )
    flash(request, _("Saved."))
    return HttpResponseRedirect("/products")


def _found(request: HttpRequest, pk: int) -> Product:
    product = Product.objects.visible_to(request.user).filter(pk=pk).first() if pk < 2**63 else None
    if product is None:
        raise NotFound
    return product


def _history(request: HttpRequest, product: Product) -> dict[str, Any]:
    found = timeline("product", product.pk, request.user)  # type: ignore[arg-type]
    return {"timeline": found, "kind": "product", "object_id": product.pk, "only": "all"}


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    product = commands.retire_product(pk, **acting(request))
    token = offer(inverse="catalog.revive_product", arguments={"product": pk}, **acting(request))
    flash(request, _("%(name)s is no longer on offer.") % {"name": product.name}, f"/undo/{token}")
    return HttpResponseRedirect("/products")


@require_POST
def revive(request: HttpRequest, pk: int) -> HttpResponse:
    product = commands.revive_product(pk, **acting(request))
    flash(request, _("%(name)s is on offer again.") % {"name": product.name})
    return HttpResponseRedirect("/products")


@require_safe
def choose(request: HttpRequest) -> JsonResponse:
    """Products on offer for a typeahead, with their list prices."""
    found = pick_products(Product.objects.visible_to(request.user), request.GET.get("q", ""))
    return JsonResponse(
        [
            {
                "value": p.pk,
                "text": f"{p.code} · {p.name}" if p.code else p.name,
                "price": None if p.price is None else str(p.price),
                "currency": p.currency,
                "unit": p.unit,
            }
            for p in found
        ],
        safe=False,
    )
