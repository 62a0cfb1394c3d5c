"""The deal's own page, and the forms on it."""

from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may_add
from takt.kernel.fields.forms import inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.refusals import Invalid, NotFound, Refusal, Stale
from takt.kernel.lists.notes import pinned_notes
from takt.kernel.lists.timeline import timeline
from takt.kernel.settings.queries import value_of
from takt.kernel.ui.formats import money
from takt.kernel.ui.toasts import flash
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Source
from takt.sales.deals import commands, forms
from takt.sales.deals.commands import NewLine
from takt.sales.deals.commands.lines import read_lines
from takt.sales.deals.models import Deal, DealContact, DealLine, DealType
from takt.sales.deals.queries.bills import bill_of
from takt.sales.deals.queries.page import deal_page, sees
from takt.sales.deals.rules import line_net

FIELDS = (
    "name",
    "amount",
    "currency",
    "contractor_cost",
    "probability",
    "expected_close_date",
    "type",
    "source",
    "company",
    "about",
)
BLANK_LINES = 1


@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Fields and people, history, and the next step, side by side."""
    at = acting(request)["at"]
    page = deal_page(pk, request.user, at=at)  # type: ignore[arg-type]
    history = timeline("deal", pk, request.user, before=None, only="all", limit=30)
    context = {
        "page": page,
        "deal": page.deal,
        "at": at,
        "timeline": history,
        "pinned": pinned_notes("deal", pk, request.user) if page.deal.has_pinned else [],  # type: ignore[attr-defined, arg-type]
        "only": "all",
        "kind": "deal",
        "object_id": pk,
        "is_more": False,
        "moving_to": _asked_stage(request) if page.may_edit and page.deal.is_open else "",
    }
    return render(request, "deals/page.html", context)


def _asked_stage(request: HttpRequest) -> str:
    """The stage that a move by the stepper wanted, when it was held up."""
    asked = request.GET.get("move", "")
    return asked if asked.isascii() and asked.isdigit() and len(asked) < 19 else ""


def _done(request: HttpRequest, pk: int, text: str) -> HttpResponse:
    """Back to the deal's page, in a dialog as well as by a plain form."""
    flash(request, text)
    if request.headers.get("HX-Request"):
        if urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith("/audit"):
            # Put right from a list of reasons, which the person goes on with.
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return HttpResponse(status=204, headers={"HX-Redirect": f"/deals/{pk}"})
    return HttpResponse(status=303, headers={"Location": f"/deals/{pk}"})


def _asked(
    request: HttpRequest, form: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A form about the deal: in the dialog, or as a page of its own where the link was opened as one."""
    if request.headers.get("HX-Request"):
        return render(request, form, context, status=status)
    whole = {**context, "form": form, "title": title, "is_page": True}
    return render(request, "deals/act.html", whole, status=status)


def _problems(refusal: Refusal) -> dict[str, Any]:
    return forms.problems(refusal)


def _typed(deal: Deal) -> dict[str, Any]:
    return {
        "name": deal.name,
        "amount": deal.amount,
        "currency": deal.currency,
        "contractor_cost": deal.contractor_cost,
        "probability": deal.probability,
        "expected_close_date": deal.expected_close_on.isoformat() if deal.expected_close_on else "",
        "type": deal.type_id or "",
        "source": deal.source_id or "",
        "company": deal.company_id or "",
        "about": deal.about,
        "tags": ", ".join(deal.tags),
        "version": deal.version,
    }


def _render_edit(
    request: HttpRequest, deal: Deal, typed: dict[str, Any], status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "deal": deal,
        "typed": typed,
        "errors": {},
        "sentences": [],
        "types": [
            ("", "–"),
            *DealType.objects.filter(is_active=True).order_by("position").values_list("id", "name"),
        ],
        "sources": [
            ("", "–"),
            *Source.objects.filter(is_active=True).order_by("position").values_list("id", "name"),
        ],
        "own": inputs(
            fields_in_use("deal", deal.pk),
            deal.custom,
            request.user,  # type: ignore[arg-type]
            posted(request.POST),
            more.get("errors"),
            ("deal", deal.pk),
        ),
        "sees_company": deal.company_id is None or sees(request.user, "company", deal.company),  # type: ignore[arg-type]
        **more,
    }
    return render(
        request,
        "deals/_edit.html" if request.headers.get("HX-Request") else "deals/edit.html",
        context,
        status=status,
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the deal's fields; what was typed stays when it is refused."""
    deal = Deal.objects.select_related("company").found(pk, by=request.user)  # type: ignore[arg-type]
    if request.method == "GET":
        return _render_edit(request, deal, _typed(deal))
    files = keep_files(request)
    changes: dict[str, Any] = {f: request.POST[f] for f in FIELDS if f in request.POST}
    if "tags" in request.POST:
        changes["tags"] = [t for t in (x.strip() for x in request.POST["tags"].split(",")) if t]
    if own := posted(request.POST):
        changes["custom"] = own
    try:
        files.finish()
        commands.edit_deal(pk, changes, version=version_in(request), **acting(request))
    except Stale as refusal:
        typed = {**request.POST.dict(), "version": deal.version}
        return _render_edit(request, deal, typed, 409, sentences=[refusal.detail])
    except (Invalid, Refusal) as refusal:
        if refusal.status == 404:
            raise
        return _render_edit(request, deal, request.POST.dict(), refusal.status, **_problems(refusal))
    return _done(request, pk, _("Saved."))


@require_http_methods(["GET", "POST"])
def contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a person to the deal, or change his part in it."""
    title = _("Add a contact")
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "deal": deal,
        "parts": [("", "–"), *DealContact.Part.choices],
        "errors": {},
        "sentences": [],
        "typed": request.POST,
        "chosen": forms.chosen_person(request.user, request.POST),  # type: ignore[arg-type]
        "may_add": may_add(request.user, "contact"),  # type: ignore[arg-type]
    }
    if request.method == "GET":
        return _asked(request, "deals/_contacts.html", title, context)
    try:
        forms.join(pk, request.POST, **acting(request))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        shown = {**context, **_problems(refusal)}
        return _asked(request, "deals/_contacts.html", title, shown, refusal.status)
    return _done(request, pk, _("The contact was added to the deal."))


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    """Another role for a person, or another person in his place."""
    user: Any = request.user
    deal = Deal.objects.found(pk, by=user)
    part: Any = DealContact.objects.filter(deal=pk, contact=contact).select_related("contact").first()
    if part is None or not sees(user, "contact", part.contact):
        raise NotFound
    context: dict[str, Any] = {
        "deal": deal,
        "person": part.contact,
        "parts": [("", "–"), *DealContact.Part.choices],
        "errors": {},
        "sentences": [],
        "typed": request.POST if request.method == "POST" else {"part": part.part},
    }
    if request.method != "POST":
        return _asked(request, "deals/_replace.html", part.contact.name, context)
    other, role = request.POST.get("contact", ""), request.POST.get("part", "")
    try:
        if other:
            commands.replace_contact(pk, contact, other, part=role, **acting(request))
        else:
            commands.attach_contact(pk, contact, part=role, **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        shown = {**context, **_problems(refusal)}
        return _asked(request, "deals/_replace.html", part.contact.name, shown, refusal.status)
    return _done(request, pk, _("The contact was replaced.") if other else _("Saved."))


@require_POST
def lead(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    commands.lead_contact(pk, contact, **acting(request))
    return _done(request, pk, _("The main contact was changed."))


@require_POST
def detach(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    commands.detach_contact(pk, contact, **acting(request))
    return _done(request, pk, _("The contact was removed from the deal; the card stays."))


LINE_FIELDS = ("product", "quantity", "price", "discount", "tax_rate")


def _typed_line(line: DealLine, currency: str) -> dict[str, Any]:
    """A line as its inputs hold it."""
    off = f"{line.discount.normalize():f}%" if line.discount else str(line.discount_amount or "")
    net = line_net(line.quantity, line.price, line.discount, line.discount_amount)
    return {
        "product": line.product_id,
        "name": line.product.name,
        "quantity": f"{line.quantity.normalize():f}",
        "price": line.price,
        "discount": off,
        "tax_rate": "" if line.tax_rate is None else f"{line.tax_rate.normalize():f}",
        "total": money(net, currency, precise=True),
    }


def _given_lines(request: HttpRequest) -> list[dict[str, str]]:
    columns = zip_longest(*(request.POST.getlist(name) for name in LINE_FIELDS), fillvalue="")
    return [dict(zip(LINE_FIELDS, row, strict=True)) for row in columns]


def _new_lines(given: list[dict[str, str]]) -> list[NewLine]:
    """As typed: a discount with a percent sign is a share, another one an amount."""
    found = []
    for g in given:
        off = g["discount"].strip()
        is_share = off.endswith("%")
        found.append(
            NewLine(
                g["product"],
                typed_number(g["quantity"]) or 1,
                typed_number(g["price"]) or None,
                typed_number(off[:-1]) if is_share else None,
                typed_number(g["tax_rate"].strip().removesuffix("%")),
                discount_amount=None if is_share else typed_number(off),
            )
        )
    return found


@require_POST
def line_sums(request: HttpRequest, pk: int) -> JsonResponse:
    """What the lines would come to, while they are typed; nothing where they can't be read yet."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    given = _given_lines(request)
    try:
        rows = read_lines(deal, _new_lines([g for g in given if g["product"]]))
    except Invalid:
        return JsonResponse({"lines": [], "html": ""})
    totals = (
        money(line_net(r.quantity, r.price, r.discount, r.discount_amount), deal.currency, precise=True)
        for r in rows
    )
    html = render_to_string("deals/_bill.html", {"bill": bill_of(rows), "currency": deal.currency})
    return JsonResponse({"lines": [next(totals) if g["product"] else "" for g in given], "html": html})


@require_http_methods(["GET", "POST"])
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """What is sold, and whether the amount follows."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "deal": deal,
        "errors": {},
        "sentences": [],
        "sets_amount": True,
        "is_tax_included": value_of("deal.prices_include_tax"),
    }
    if request.method == "GET":
        rows = list(DealLine.objects.filter(deal=deal).select_related("product").order_by("position"))
        shown = [_typed_line(x, deal.currency) for x in rows]
        bill = bill_of(rows)
        context |= {"bill": bill, "sets_amount": not rows or bill.total == deal.amount}
        context["rows"] = shown + [{}] * BLANK_LINES
        return _asked(request, "deals/_lines.html", _("Products"), context)
    given = [g for g in _given_lines(request) if g["product"]]
    named = Product.objects.in_bulk([int(g["product"]) for g in given if forms.whole_id(g["product"])])
    for g in given:
        found = named.get(forms.whole_id(g["product"]) or 0)
        g["name"] = found.name if found else ""
    try:
        commands.set_lines(
            pk,
            _new_lines(given),
            sets_amount="sets_amount" in request.POST,
            version=version_in(request),
            **acting(request),
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        again = {**context, "rows": given + [{}] * BLANK_LINES, **_problems(refusal)}
        again["sets_amount"] = "sets_amount" in request.POST
        return _asked(request, "deals/_lines.html", _("Products"), again, refusal.status)
    return _done(request, pk, _("The products were saved."))
