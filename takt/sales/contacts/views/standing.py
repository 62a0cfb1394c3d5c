"""How a company stands, and where a person works: changed in a dialog, or on a page of its own without one."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import classifiers, commands, forms
from takt.sales.contacts.models import Company, Contact


def _form(
    request: HttpRequest, act: str, record: Any, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    """The dialog of an act, or its page; what was typed stays."""
    is_dialog = bool(request.headers.get("HX-Request"))
    errors = {p.field: str(p.message) for p in refusal.errors} if refusal else {}
    path = f"/{'companies' if isinstance(record, Company) else 'contacts'}/{record.pk}"
    context = {
        "act": act,
        "record": record,
        "here": path,
        "is_dialog": is_dialog,
        "typed": request.POST if refusal else {},
        "version": request.POST.get("version", "") if refusal else record.version,
        "errors": errors,
        "sentences": [str(refusal.detail)] if refusal and not errors else [],
    }
    template = f"contacts/_{act}.html" if is_dialog else "contacts/act.html"
    return render(request, template, context | more, status=refusal.status if refusal else 200)


def _done(request: HttpRequest, path: str, said: str, undo: str | None = None) -> HttpResponse:
    flash(request, said, undo)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": path})
    return HttpResponseRedirect(path)


def _company(request: HttpRequest, pk: int) -> Company:
    row: Company = Company.objects.select_related("standing").found(pk, by=request.user)
    return row


@require_http_methods(["GET", "HEAD", "POST"])
def level(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the level by hand with a reason, or leave it to the rule again."""
    company = _company(request, pk)
    more = {"levels": classifiers.LEVELS, "standing": getattr(company, "standing", None)}
    if request.method != "POST":
        return _form(request, "level", company, **more)
    given: dict[str, Any] = {"version": version_in(request), **acting(request)}
    try:
        if "release" in request.POST:
            row = commands.release_level(pk, **given)
            return _done(request, f"/companies/{pk}", _("The level follows the rule again."))
        post = request.POST
        row = commands.set_level(pk, post.get("level", ""), reason=post.get("reason", ""), **given)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _form(request, "level", company, refusal, **more)
    text = _("%(name)s is a customer of level %(level)s.")
    return _done(request, f"/companies/{pk}", text % {"name": row.name, "level": row.level})


@require_http_methods(["GET", "HEAD", "POST"])
def classify(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge the customer anew."""
    company = _company(request, pk)
    more = {"classifiers": classifiers.CLASSIFIERS}
    if request.method != "POST":
        return _form(request, "classify", company, **more)
    post = request.POST
    given: dict[str, Any] = {name: post[name] for name in classifiers.NAMES if name in post}
    if "interests" in post:
        given["interests"] = forms.tags_in(str(post["interests"]))
    if "next_contact_on" in post:
        given["next_contact_on"] = post["next_contact_on"]
    try:
        commands.edit_company(pk, given, version=version_in(request), **acting(request))
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _form(request, "classify", company, refusal, **more)
    return _done(request, f"/companies/{pk}", _("Saved."))


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """A person leaves for another company, or for none; it can be taken back."""
    contact: Contact = Contact.objects.select_related("company").found(pk, by=request.user)
    user: Any = request.user
    at = acting(request)["at"]
    seen = Company.objects.visible_to(user).filter(pk=contact.company_id).first()
    chosen = request.POST.get("company", "")
    more = {
        "above": seen,
        "today": timezone.localdate(at).isoformat(),
        "picked": forms.picked_company(user, chosen),
    }
    if request.method != "POST":
        return _form(request, "move", contact, **more)
    post = request.POST
    try:
        row, back = commands.move_contact(
            pk,
            chosen,
            on=post.get("on") or None,
            reason=post.get("reason", ""),
            position=post.get("position"),
            version=version_in(request),
            **acting(request),
        )
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _form(request, "move", contact, refusal, **more)
    token = offer(inverse="contacts.unmove_contact", arguments=back, **acting(request))
    if row.company is None:
        said = _("%(name)s is with no company now.") % {"name": row.name}
    else:
        said = _("%(name)s is with %(company)s now.") % {"name": row.name, "company": row.company.name}
    return _done(request, f"/contacts/{pk}", said, f"/undo/{token}")
