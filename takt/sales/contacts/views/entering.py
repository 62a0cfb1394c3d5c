"""The form of a new company or person; what looks like the same customer is shown before it is added."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import Refusal
from takt.kernel.ui.toasts import flash
from takt.sales.contacts import forms
from takt.sales.contacts.kinds import COMPANY, Kind
from takt.sales.contacts.models import Phone
from takt.sales.contacts.queries import duplicates_of


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, of: Kind) -> HttpResponse:
    user: Any = request.user
    if request.method != "POST":
        start = {"name": request.GET.get("name", "")[:200], of.link: request.GET.get("company", "")[:19]}
        return _form(request, of, forms.card_form(of, user, given=start | {"owner": user.pk}))
    files = keep_files(request)
    given = forms.posted(request.POST, of.texts)
    try:
        files.finish()
        if "anyway" not in request.POST and (found := _like(user, of, given)):
            return _form(request, of, forms.card_form(of, user, given=given, duplicates=found), status=409)
        record = of.create(**({"name": "", "custom": {}} | given), **acting(request))
    except Refusal as refusal:
        return _form(request, of, forms.card_form(of, user, given=given, refusal=refusal), refusal.status)
    flash(request, _("%(name)s was added.") % {"name": record.name})
    return HttpResponseRedirect(f"{of.path}/{record.pk}")


def _form(request: HttpRequest, of: Kind, form: forms.CardForm, status: int = 200) -> HttpResponse:
    context = {"of": of, "form": form, "is_accepted": "anyway" in request.POST}
    return render(request, "contacts/new.html", context, status=status)


def _like(user: Any, of: Kind, given: dict[str, Any]) -> list[Any]:
    return duplicates_of(
        user=user,
        name=given.get("name", ""),
        phones=[number for number, _kind in given.get("phones", ())],
        emails=given.get("emails", ()),
        tax_id=given.get("tax_id", ""),
        region=given.get("region", ""),
        kind=of.name,
    )


@require_safe
def duplicates(request: HttpRequest, of: Kind) -> HttpResponse:
    """What looks like the customer being typed, as a fragment."""
    asked = request.GET
    without = asked.get("without", "")
    found = duplicates_of(
        user=request.user,  # type: ignore[arg-type]
        name=asked.get("name", ""),
        phones=asked.getlist("phone")[:20],
        emails=asked.getlist("email")[:20],
        tax_id=asked.get("tax_id", "")[:40] if of is COMPANY else "",
        region=asked.get("region", "")[:120],
        kind=of.name,
        without=(of.name, int(without)) if without.isascii() and without.isdigit() else None,
    )
    return render(request, "contacts/_duplicates.html", {"duplicates": found, "is_live": True})


@require_safe
def channel_row(request: HttpRequest) -> HttpResponse:
    """One more line for a phone or an e-mail."""
    kind = "email" if request.GET.get("kind") == "email" else "phone"
    kinds = [(value, str(label)) for value, label in Phone.Kind.choices]
    return render(request, "contacts/_channel_row.html", {"kind": kind, "kinds": kinds, "row": forms.Row()})
