"""The deal's own page, and the forms on it."""

from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.fields.forms import inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.refusals import Invalid, Refusal, Stale
from takt.kernel.lists.notes import pinned_notes
from takt.kernel.lists.timeline import timeline
from takt.kernel.ui.formats import money
from takt.kernel.ui.toasts import flash, toast
from takt.sales.catalog.models import Product
from takt.sales.contacts.models import Contact, Source
from takt.sales.deals import commands
from takt.sales.deals.commands import NewLine, NewPerson
from takt.sales.deals.commands.inline import edit_or_add_type
from takt.sales.deals.commands.lines import read_lines
from takt.sales.deals.labels import ASKS, BANT_ANSWERS, MEDDIC_ANSWERS, QUESTIONS
from takt.sales.deals.models import Deal, DealContact, DealLine, DealType, Qualification
from takt.sales.deals.queries.bills import bill_of
from takt.sales.deals.queries.page import deal_page, sees
from takt.sales.deals.rules import BANT, MEDDIC, is_bant_qualified, may_commit

FIELDS = (
    "name",
    "amount",
    "currency",
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
    }
    return render(request, "deals/page.html", context)


def _done(request: HttpRequest, pk: int, text: str) -> HttpResponse:
    """Back to the deal's page, in a dialog as well as by a plain form."""
    flash(request, text)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/deals/{pk}"})
    return HttpResponse(status=303, headers={"Location": f"/deals/{pk}"})


def _problems(refusal: Refusal) -> dict[str, Any]:
    errors = {e.field: e.message for e in refusal.errors}
    return {"errors": errors, "sentences": [] if errors else [refusal.detail]}


def _typed(deal: Deal) -> dict[str, Any]:
    return {
        "name": deal.name,
        "amount": deal.amount,
        "currency": deal.currency,
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
    changes: dict[str, Any] = {f: request.POST[f] for f in FIELDS if f in request.POST}
    if "tags" in request.POST:
        changes["tags"] = [t for t in (x.strip() for x in request.POST["tags"].split(",")) if t]
    if own := posted(request.POST):
        changes["custom"] = own
    try:
        edit_or_add_type(pk, changes, version=version_in(request), **acting(request))
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
    """Add a person to the deal, known or new, or change his part in it."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    number = request.GET.get("contact", "") if request.method == "GET" else request.POST.get("contact", "")
    context: dict[str, Any] = {
        "deal": deal,
        "parts": [("", "–"), *DealContact.Part.choices],
        "errors": {},
        "sentences": [],
        "typed": request.POST if request.method == "POST" else request.GET,
        "picked": _named(request, number),
    }
    if request.method == "GET":
        return render(request, "deals/_contacts.html", context)
    try:
        given = request.POST.get("contact", "").strip()
        part = request.POST.get("part", "")
        if given and not given.isdigit():
            commands.attach_new_contact(
                pk,
                NewPerson(
                    given, request.POST.get("phone", "").strip(), request.POST.get("email", "").strip()
                ),
                part=part,
                **acting(request),
            )
        else:
            commands.attach_contact(pk, given, part=part, **acting(request))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        found = _problems(refusal)
        if set(found["errors"]) - {"contacts", "part"}:
            found["sentences"] = list(found["errors"].values())
        return render(request, "deals/_contacts.html", {**context, **found}, status=refusal.status)
    return _done(request, pk, _("The contact was added to the deal."))


def _named(request: HttpRequest, number: str) -> tuple[str, str] | None:
    """What was picked, with its name: a known person whom the reader sees, or a new one as typed."""
    if not number:
        return None
    if not number.isdigit():
        return number, number
    row = Contact.objects.visible_to(request.user).filter(pk=min(int(number), 2**63 - 1)).first()
    return (number, row.name) if row else None


@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    """Put another person in somebody's place, in one step."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    person = Contact.objects.found(contact, by=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {"deal": deal, "person": person, "errors": {}, "sentences": []}
    if request.method == "GET":
        return render(request, "deals/_replace.html", context)
    try:
        commands.replace_contact(pk, contact, request.POST.get("contact", ""), **acting(request))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        picked = _named(request, request.POST.get("contact", ""))
        again = {**context, "picked": picked, **_problems(refusal)}
        return render(request, "deals/_replace.html", again, status=refusal.status)
    return _done(request, pk, _("The contact was replaced; both cards stay."))


@require_POST
def primary(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    """Name the first person to turn to."""
    commands.make_primary(pk, contact, **acting(request))
    return _done(request, pk, _("This is now the deal's first contact."))


@require_POST
def detach(request: HttpRequest, pk: int, contact: int) -> HttpResponse:
    commands.detach_contact(pk, contact, **acting(request))
    return _done(request, pk, _("The contact was removed from the deal; the card stays."))


LINE_FIELDS = ("product", "quantity", "price", "discount", "tax_rate")


@require_http_methods(["GET", "POST"])
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """What is sold, and whether the amount follows."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {"deal": deal, "errors": {}, "sentences": [], "sets_amount": True}
    if request.method == "GET":
        rows = list(DealLine.objects.filter(deal=deal).select_related("product").order_by("position"))
        shown = [_typed_line(x) for x in rows]
        context |= {
            "rows": shown + [{}] * BLANK_LINES,
            "bill": bill_of(rows),
            "sets_amount": deal.amount_follows_lines or not rows,
        }
        return render(request, "deals/_lines.html", context)
    given = _given_lines(request)
    sets_amount = "sets_amount" in request.POST
    try:
        commands.set_lines(
            pk, _new_lines(given), sets_amount=sets_amount, version=version_in(request), **acting(request)
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        names = _product_names(given)
        shown = [{**g, "name": names.get(g["product"], "")} for g in given]
        again = {
            **context,
            "rows": shown + [{}] * BLANK_LINES,
            "sets_amount": sets_amount,
            **_problems(refusal),
        }
        return render(request, "deals/_lines.html", again, status=refusal.status)
    return _done(request, pk, _("The products were saved."))


@require_POST
def line_sums(request: HttpRequest, pk: int) -> JsonResponse:
    """What the lines would come to, while they are typed."""
    deal = Deal.objects.found(pk, by=request.user)  # type: ignore[arg-type]
    every = _given_lines(request, with_blanks=True)
    filled = [g for g in every if g["product"]]
    try:
        rows = read_lines(deal, _new_lines(filled))
    except Invalid:
        return JsonResponse({"lines": [], "html": ""})
    totals = iter(money(r.total, deal.currency, precise=True) for r in rows)
    html = render_to_string("deals/_bill.html", {"bill": bill_of(rows), "currency": deal.currency})
    return JsonResponse({"lines": [next(totals) if g["product"] else "" for g in every], "html": html})


def _typed_line(line: DealLine) -> dict[str, Any]:
    discount = ""
    if line.discount:
        discount = f"{line.discount.normalize():f}%" if line.discount_is_percent else str(line.discount)
    return {
        "product": line.product_id,
        "name": line.product.name,
        "quantity": f"{line.quantity.normalize():f}",
        "price": line.price,
        "discount": discount,
        "tax_rate": "" if line.tax_rate is None else f"{line.tax_rate.normalize():f}",
        "total": line.total,
    }


def _given_lines(request: HttpRequest, *, with_blanks: bool = False) -> list[dict[str, str]]:
    columns = [request.POST.getlist(name) for name in LINE_FIELDS]
    rows = [dict(zip(LINE_FIELDS, row, strict=True)) for row in zip_longest(*columns, fillvalue="")]
    return rows if with_blanks else [r for r in rows if r["product"]]


def _new_lines(given: list[dict[str, str]]) -> list[NewLine]:
    return [
        NewLine(
            g["product"],
            typed_number(g["quantity"]) or 1,
            typed_number(g["price"]) or None,
            _typed_discount(g["discount"]),
            typed_number(g["tax_rate"].strip().removesuffix("%")),
        )
        for g in given
    ]


def _typed_discount(text: str) -> str:
    bare = text.strip()
    return f"{typed_number(bare[:-1])}%" if bare.endswith("%") else typed_number(bare)


def _product_names(given: list[dict[str, str]]) -> dict[str, str]:
    ids = [int(g["product"]) for g in given if g["product"].isascii() and g["product"].isdigit()]
    rows = Product.objects.filter(pk__in=[i for i in ids if i < 2**63]).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


@require_http_methods(["GET", "POST"])
def qualification(request: HttpRequest, pk: int) -> HttpResponse:
    """BANT and MEDDIC, question by question, with what the answers rest on."""
    user: Any = request.user
    deal = Deal.objects.found(pk, by=user)
    row = Qualification.objects.filter(deal=deal).first()
    if request.method == "POST":
        post = request.POST
        try:
            commands.qualify_deal(
                pk,
                bant=[post.get(f"bant.{q}", "0") for q in BANT],
                meddic=[post.get(f"meddic.{q}", "0") for q in MEDDIC],
                notes=[post.get(f"note.{q}", "") for q in BANT],
                evidence=[post.get(f"note.m.{q}", "") for q in MEDDIC],
                **acting(request),
            )
        except (Invalid, Refusal) as refusal:
            if refusal.status in {403, 404}:
                raise
            context = _questions(deal, row, post) | _problems(refusal) | {"may_edit": True}
            return render(request, "deals/_qualification.html", context, status=refusal.status)
        deal = Deal.objects.found(pk, by=user)
        row = Qualification.objects.filter(deal=deal).first()
        if request.headers.get("HX-Request"):
            answer = render(
                request, "deals/_qualification.html", _questions(deal, row) | {"may_edit": True, "oob": True}
            )
            return toast(answer, _("Saved."))
        return HttpResponse(status=303, headers={"Location": f"/deals/{pk}"})
    may_edit = Deal.objects.visible_to(user, "edit").filter(pk=pk).exists()
    context = _questions(deal, row) | {"may_edit": may_edit}
    page = "_qualification" if request.headers.get("HX-Request") else "qualification"
    return render(request, f"deals/{page}.html", context)


def _questions(deal: Deal, row: Qualification | None, post: Any = None) -> dict[str, Any]:
    def one(method: str, name: str, place: int) -> dict[str, Any]:
        prefix = "note" if method == "bant" else "note.m"
        answers = (row.bant if method == "bant" else row.meddic) if row else None
        notes = (row.notes if method == "bant" else row.evidence) if row else None
        return {
            "field": f"{method}.{name}",
            "note_field": f"{prefix}.{name}",
            "label": QUESTIONS[name],
            "ask": ASKS[name],
            "answer": post.get(f"{method}.{name}", "0") if post else str(answers[place] if answers else 0),
            "note": post.get(f"{prefix}.{name}", "") if post else notes[place] if notes else "",
        }

    return {
        "deal": deal,
        "bant": [one("bant", name, i) for i, name in enumerate(BANT)],
        "meddic": [one("meddic", name, i) for i, name in enumerate(MEDDIC)],
        "bant_answers": BANT_ANSWERS,
        "meddic_answers": MEDDIC_ANSWERS,
        "is_qualified": bool(row and row.bant and is_bant_qualified(row.bant)),
        "may_commit": bool(row and row.meddic and may_commit(row.meddic)),
        "sentences": [],
        "errors": {},
    }
