from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may_add, owners_within
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.lib.returning import back_or
from takt.kernel.lists.table import Cell, list_page
from takt.kernel.lists.timeline import timeline
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import commands, forms
from takt.sales.contacts.lists import COMPANIES, company_rows, contact_rows
from takt.sales.contacts.models import Company, Phone
from takt.sales.contacts.queries import completeness_of, duplicates_of, pick, visible_company
from takt.sales.contacts.rules import readable_phone
from takt.sales.contacts.views.cells import channel_cells, owner_cell

FIELDS = (
    *("name", "phone_list", "email_list", "industry", "region", "owner__name", "tags", "source__name"),
    *("created_at", "tax_id", "address", "website", "employees", "founded_year", "annual_revenue"),
    "updated_at",
)
ACTIONS = (("/companies/hand-over", _l("Hand over")), ("/companies/tag", _l("Tag")))
PEOPLE_SHOWN = 50


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    return list_page(
        request,
        COMPANIES,
        company_rows(user),
        template="contacts/companies.html",
        fields=FIELDS,
        cells=_cells,
        actions=ACTIONS if may_edit_any(user) else (),
        empty_text=_("Companies are your customers. Add the first one, or import a list."),
        context={"may_add": may_add(user, "company")},
    )


def may_edit_any(user: Any) -> bool:
    owners = owners_within(user, "company", "edit")
    return owners is None or bool(owners)


def _cells(row: Any) -> dict[str, Cell]:
    return channel_cells(row) | {
        "name": Cell(row.name, url=f"/companies/{row.id}", value=row.name),
        "owner": owner_cell(row.owner__name),
        "source": Cell(row.source__name or ""),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new company; what looks like the same customer is shown before it is added."""
    user: Any = request.user
    if request.method != "POST":
        form = forms.company_form(user, given={"name": request.GET.get("name", "")[:200], "owner": user.pk})
        return render(request, "contacts/company_new.html", {"form": form})
    given = forms.posted(request.POST, forms.COMPANY_TEXTS)
    try:
        if "anyway" not in request.POST and (found := _like(user, given)):
            form = forms.company_form(user, given=given)
            form.duplicates = found
            return render(request, "contacts/company_new.html", {"form": form}, status=409)
        company = commands.create_company(**({"name": ""} | given), **acting(request))
    except Refusal as refusal:
        form = forms.company_form(user, given=given, refusal=refusal)
        return render(request, "contacts/company_new.html", {"form": form}, status=refusal.status)
    flash(request, _("%(name)s was added.") % {"name": company.name})
    return HttpResponseRedirect(f"/companies/{company.pk}")


def _like(user: Any, given: dict[str, Any]) -> list[Any]:
    return duplicates_of(
        user=user,
        name=given.get("name", ""),
        phones=[number for number, _kind in given.get("phones", ())],
        emails=given.get("emails", ()),
        tax_id=given.get("tax_id", ""),
        region=given.get("region", ""),
    )


@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """What looks like the company being typed, as a fragment."""
    asked = request.GET
    without = asked.get("without", "")
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=asked.get("name", ""),
        phones=asked.getlist("phone")[:20],
        emails=asked.getlist("email")[:20],
        tax_id=asked.get("tax_id", "")[:40],
        region=asked.get("region", "")[:120],
        without=("company", int(without)) if without.isascii() and without.isdigit() else None,
    )
    return render(request, "contacts/_duplicates.html", {"duplicates": found, "is_live": True})


@require_safe
def choose(request: HttpRequest) -> JsonResponse:
    """Companies for a typeahead."""
    rows = Company.objects.visible_to(request.user)  # type: ignore[arg-type]
    found = pick(rows, request.GET.get("q", ""))
    return JsonResponse([{"value": c.pk, "text": c.name} for c in found], safe=False)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer: who they are, who works there, what happened, what is being sold."""
    user: Any = request.user
    rows = company_rows(user).select_related("owner", "source")
    company: Any = rows.found(pk, by=user)
    people = contact_rows(user).filter(company=company).order_by("sort_key", "id")
    context = _card(company, user) | {
        "people": people[: PEOPLE_SHOWN + 1],
        "people_shown": PEOPLE_SHOWN,
        "may_delete": Company.objects.visible_to(user, "delete").filter(pk=pk).exists(),
        "may_add_people": may_add(user, "contact"),
        "may_add_deals": may_add(user, "deal"),
        "timeline": timeline("company", pk, user),
        "kind": "company",
        "object_id": pk,
        "only": "all",
    }
    return render(request, "contacts/company.html", context)


def _card(company: Any, user: Any) -> dict[str, Any]:
    return {
        "company": company,
        "phones": [(p, readable_phone(p)) for p in company.phone_list],
        "emails": company.email_list,
        "parent": visible_company(user, company.parent_id),
        "completeness": completeness_of(company),
        "may_edit": Company.objects.visible_to(user, "edit").filter(pk=company.pk).exists(),
    }


@require_safe
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields of a company, as a fragment."""
    user: Any = request.user
    company = company_rows(user).select_related("owner", "source").found(pk, by=user)
    return render(request, "contacts/_company_card.html", _card(company, user))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    company: Any = Company.objects.select_related("owner", "source").found(pk, by=user)
    page = (
        "contacts/_company_edit.html" if request.headers.get("HX-Request") else "contacts/company_edit.html"
    )
    if request.method != "POST":
        form = forms.company_form(user, company)
        return render(request, page, {"form": form, "company": company, "version": company.version})
    given = forms.posted(request.POST, forms.COMPANY_TEXTS)
    try:
        commands.edit_company(pk, given, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        form = forms.company_form(user, company, given, refusal)
        context = {"form": form, "company": company, "version": request.POST.get("version", "")}
        return render(request, page, context, status=refusal.status)
    flash(request, _("Saved."))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/companies/{pk}"})
    return HttpResponseRedirect(f"/companies/{pk}")


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    company = commands.delete_company(pk, **acting(request))
    token = offer(inverse="contacts.restore_company", arguments={"company": pk}, **acting(request))
    flash(request, _("%(name)s is in the recycle bin.") % {"name": company.name}, f"/undo/{token}")
    return HttpResponseRedirect("/companies")


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    company = commands.restore_company(pk, **acting(request))
    flash(request, _("%(name)s is back.") % {"name": company.name})
    return HttpResponseRedirect(f"/companies/{pk}")


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Ask whom the chosen companies go to, then hand them over."""
    ids = request.POST.getlist("ids")[:5000]
    if "owner" not in request.POST:
        context = {
            "ids": ids,
            "to": request.POST.get("_to", "/companies"),
            "action": "/companies/hand-over",
            "count": len(ids),
            "owners": forms.owner_choices(request.user, "company"),  # type: ignore[arg-type]
        }
        return render(request, "contacts/hand_over.html", context)
    count = commands.assign_companies(ids, request.POST["owner"], **acting(request))
    said = ngettext("%(count)d company was handed over.", "%(count)d companies were handed over.", count)
    flash(request, said % {"count": count})
    return back_or(request, "/companies")


@require_POST
def tag(request: HttpRequest) -> HttpResponse:
    """Ask which tags, then put them on the chosen companies and take others off."""
    ids = request.POST.getlist("ids")[:5000]
    if "add" not in request.POST:
        context = {
            "ids": ids,
            "to": request.POST.get("_to", "/companies"),
            "action": "/companies/tag",
            "count": len(ids),
        }
        return render(request, "contacts/tag.html", context)
    add, remove = (forms.tags_in(request.POST.get(name, "")) for name in ("add", "remove"))
    count = commands.tag_companies(ids, add=add, remove=remove, **acting(request))
    said = ngettext("%(count)d company was changed.", "%(count)d companies were changed.", count)
    flash(request, said % {"count": count})
    return back_or(request, "/companies")


@require_safe
def channel_row(request: HttpRequest) -> HttpResponse:
    """One more line for a phone or an e-mail."""
    kind = "email" if request.GET.get("kind") == "email" else "phone"
    kinds = [(value, str(label)) for value, label in Phone.Kind.choices]
    return render(request, "contacts/_channel_row.html", {"kind": kind, "kinds": kinds, "row": forms.Row()})
