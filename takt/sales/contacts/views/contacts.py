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
from takt.sales.contacts.lists import CONTACTS, contact_rows
from takt.sales.contacts.models import Contact
from takt.sales.contacts.queries import completeness_of, duplicates_of, pick
from takt.sales.contacts.rules import readable_phone
from takt.sales.contacts.views.cells import channel_cells, owner_cell

FIELDS = (
    *("name", "position", "company_id", "seen_company", "seen_company_id", "phone_list", "email_list"),
    *("owner__name", "tags", "source__name", "created_at", "updated_at"),
)
ACTIONS = (("/contacts/hand-over", _l("Hand over")), ("/contacts/tag", _l("Tag")))


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    owners = owners_within(user, "contact", "edit")
    return list_page(
        request,
        CONTACTS,
        contact_rows(user),
        template="contacts/contacts.html",
        fields=FIELDS,
        cells=_cells,
        actions=ACTIONS if owners is None or owners else (),
        empty_text=_("Contacts are the people you talk to. Add the first one, or import a list."),
        context={"may_add": may_add(user, "contact")},
    )


def _cells(row: Any) -> dict[str, Cell]:
    if row.seen_company_id:
        company = Cell(row.seen_company, url=f"/companies/{row.seen_company_id}", value=row.seen_company)
    else:
        company = Cell(_("Hidden") if row.company_id else "", tone="muted", value="")
    return channel_cells(row) | {
        "name": Cell(row.name, url=f"/contacts/{row.id}", value=row.name),
        "company": company,
        "owner": owner_cell(row.owner__name),
        "source": Cell(row.source__name or ""),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new person; who looks like the same is shown before he is added."""
    user: Any = request.user
    if request.method != "POST":
        start = {"name": request.GET.get("name", "")[:200], "company": request.GET.get("company", "")[:19]}
        form = forms.contact_form(user, given=start | {"owner": user.pk})
        return render(request, "contacts/contact_new.html", {"form": form})
    given = forms.posted(request.POST, forms.CONTACT_TEXTS)
    try:
        if "anyway" not in request.POST and (found := _like(user, given)):
            form = forms.contact_form(user, given=given)
            form.duplicates = found
            return render(request, "contacts/contact_new.html", {"form": form}, status=409)
        contact = commands.create_contact(**({"name": ""} | given), **acting(request))
    except Refusal as refusal:
        form = forms.contact_form(user, given=given, refusal=refusal)
        return render(request, "contacts/contact_new.html", {"form": form}, status=refusal.status)
    flash(request, _("%(name)s was added.") % {"name": contact.name})
    return HttpResponseRedirect(f"/contacts/{contact.pk}")


def _like(user: Any, given: dict[str, Any]) -> list[Any]:
    return duplicates_of(
        user=user,
        name=given.get("name", ""),
        phones=[number for number, _kind in given.get("phones", ())],
        emails=given.get("emails", ()),
        kind="contact",
    )


@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """Who looks like the person being typed, as a fragment."""
    asked = request.GET
    without = asked.get("without", "")
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=asked.get("name", ""),
        phones=asked.getlist("phone")[:20],
        emails=asked.getlist("email")[:20],
        kind="contact",
        without=("contact", int(without)) if without.isascii() and without.isdigit() else None,
    )
    return render(request, "contacts/_duplicates.html", {"duplicates": found, "is_live": True})


@require_safe
def choose(request: HttpRequest) -> JsonResponse:
    """People for a typeahead, of one company where it is named."""
    rows = contact_rows(request.user)  # type: ignore[arg-type]
    company = request.GET.get("company", "")
    if company.isascii() and company.isdigit() and int(company) < 2**63:
        rows = rows.filter(company=int(company))
    found: list[Any] = pick(rows, request.GET.get("q", ""))
    texts = [(c.pk, f"{c.name} · {c.seen_company}" if c.seen_company else c.name) for c in found]
    return JsonResponse([{"value": pk, "text": text} for pk, text in texts], safe=False)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A person: how to reach him, where he works, what happened, which deals he has a part in."""
    user: Any = request.user
    contact: Any = contact_rows(user).select_related("owner", "source").found(pk, by=user)
    context = _card(contact, user) | {
        "may_delete": Contact.objects.visible_to(user, "delete").filter(pk=pk).exists(),
        "may_add_deals": may_add(user, "deal"),
        "timeline": timeline("contact", pk, user),
        "kind": "contact",
        "object_id": pk,
        "only": "all",
    }
    return render(request, "contacts/contact.html", context)


def _card(contact: Any, user: Any) -> dict[str, Any]:
    return {
        "contact": contact,
        "phones": [(p, readable_phone(p)) for p in contact.phone_list],
        "emails": contact.email_list,
        "completeness": completeness_of(contact),
        "may_edit": Contact.objects.visible_to(user, "edit").filter(pk=contact.pk).exists(),
    }


@require_safe
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields of a person, as a fragment."""
    user: Any = request.user
    contact = contact_rows(user).select_related("owner", "source").found(pk, by=user)
    return render(request, "contacts/_contact_card.html", _card(contact, user))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    contact: Any = Contact.objects.select_related("owner", "source", "company").found(pk, by=user)
    page = (
        "contacts/_contact_edit.html" if request.headers.get("HX-Request") else "contacts/contact_edit.html"
    )
    if request.method != "POST":
        form = forms.contact_form(user, contact)
        return render(request, page, {"form": form, "contact": contact, "version": contact.version})
    given = forms.posted(request.POST, forms.CONTACT_TEXTS)
    try:
        commands.edit_contact(pk, given, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        form = forms.contact_form(user, contact, given, refusal)
        context = {"form": form, "contact": contact, "version": request.POST.get("version", "")}
        return render(request, page, context, status=refusal.status)
    flash(request, _("Saved."))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"/contacts/{pk}"})
    return HttpResponseRedirect(f"/contacts/{pk}")


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    contact = commands.delete_contact(pk, **acting(request))
    token = offer(inverse="contacts.restore_contact", arguments={"contact": pk}, **acting(request))
    flash(request, _("%(name)s is in the recycle bin.") % {"name": contact.name}, f"/undo/{token}")
    return HttpResponseRedirect("/contacts")


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    contact = commands.restore_contact(pk, **acting(request))
    flash(request, _("%(name)s is back.") % {"name": contact.name})
    return HttpResponseRedirect(f"/contacts/{pk}")


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Ask whom the chosen people go to, then hand them over."""
    ids = request.POST.getlist("ids")[:5000]
    if "owner" not in request.POST:
        context = {
            "ids": ids,
            "to": request.POST.get("_to", "/contacts"),
            "action": "/contacts/hand-over",
            "count": len(ids),
            "owners": forms.owner_choices(request.user, "contact"),  # type: ignore[arg-type]
        }
        return render(request, "contacts/hand_over.html", context)
    count = commands.assign_contacts(ids, request.POST["owner"], **acting(request))
    said = ngettext("%(count)d contact was handed over.", "%(count)d contacts were handed over.", count)
    flash(request, said % {"count": count})
    return back_or(request, "/contacts")


@require_POST
def tag(request: HttpRequest) -> HttpResponse:
    """Ask which tags, then put them on the chosen people and take others off."""
    ids = request.POST.getlist("ids")[:5000]
    if "add" not in request.POST:
        context = {
            "ids": ids,
            "to": request.POST.get("_to", "/contacts"),
            "action": "/contacts/tag",
            "count": len(ids),
        }
        return render(request, "contacts/tag.html", context)
    add, remove = (forms.tags_in(request.POST.get(name, "")) for name in ("add", "remove"))
    count = commands.tag_contacts(ids, add=add, remove=remove, **acting(request))
    said = ngettext("%(count)d contact was changed.", "%(count)d contacts were changed.", count)
    flash(request, said % {"count": count})
    return back_or(request, "/contacts")
