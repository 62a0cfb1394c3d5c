"""The page of one company or person: who they are, what happened, what is being sold; changed in place."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may_add
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import lines_of
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.lists.notes import pinned_notes
from takt.kernel.lists.timeline import timeline
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import forms
from takt.sales.contacts.classifiers import CLASSIFIERS, segment_name
from takt.sales.contacts.kinds import COMPANY, Kind
from takt.sales.contacts.lists import contact_rows
from takt.sales.contacts.queries import (
    became,
    beside,
    completeness_of,
    former_people,
    group_of,
    merges_of,
    places_of,
    visible_company,
)
from takt.sales.contacts.rules import readable_phone

PEOPLE_SHOWN = 50


@require_safe
def detail(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    user: Any = request.user
    try:
        context = _card(user, pk, of)
    except NotFound:
        if (now := became(of.model, pk, user)) is None:
            raise
        return HttpResponseRedirect(f"{of.path}/{now}")
    query = request.GET.get("in", "")[:2000]
    previous, following = beside(of.spec, of.rows(user), context["record"], user, query)
    context |= {
        "previous": previous,
        "next": following,
        "query": query,
        "may_delete": (may_delete := of.model.objects.visible_to(user, "delete").filter(pk=pk).exists()),
        "merges": merges_of(of.name, pk) if may_delete else [],
        "may_add_deals": may_add(user, "deal"),
        "timeline": timeline(of.name, pk, user),
        "pinned": pinned_notes(of.name, pk, user),
        "kind": of.name,
        "object_id": pk,
        "only": "all",
    }
    if of is COMPANY:
        context |= _people(user, pk) | _standing(user, context["record"])
    else:
        context["places"] = places_of(context["record"], user)
    return render(request, f"contacts/{of.name}.html", context)


def _people(user: Any, pk: int) -> dict[str, Any]:
    people = contact_rows(user).filter(company=pk).order_by("sort_key", "id")
    return {
        "people": people[: PEOPLE_SHOWN + 1],
        "people_shown": PEOPLE_SHOWN,
        "may_add_people": may_add(user, "contact"),
    }


def _standing(user: Any, company: Any) -> dict[str, Any]:
    judged = [(c.label, c.word(getattr(company, c.name))) for c in CLASSIFIERS if getattr(company, c.name)]
    return {
        "judged": judged,
        "segment": segment_name(company.held_segment or ""),
        "former": former_people(company, user),
        "group": group_of(company, user),
    }


def _card(user: Any, pk: int, of: Kind) -> dict[str, Any]:
    record = of.rows(user).select_related("owner", "source").found(pk, by=user)
    phones = record.phones.order_by("position", "id")
    return {
        "of": of,
        "currency": settings.TAKT_CURRENCY,
        "record": record,
        "phones": [(p.number, readable_phone(p.number), p.get_kind_display()) for p in phones],
        "emails": record.email_list,
        "above": visible_company(user, getattr(record, f"{of.link}_id")),
        "has_above": getattr(record, f"{of.link}_id") is not None,
        "completeness": completeness_of(record),
        "own": lines_of(fields_in_use(of.name, pk), record.custom, user),
        "may_edit": of.model.objects.visible_to(user, "edit").filter(pk=pk).exists(),
    }


@require_safe
def card(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    """The fields of the record, as a fragment."""
    return render(request, f"contacts/_{of.name}_card.html", _card(request.user, pk, of))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    user: Any = request.user
    record: Any = of.model.objects.select_related("owner", "source", of.link).found(pk, by=user)
    is_fragment = bool(request.headers.get("HX-Request"))
    page = "contacts/_edit.html" if is_fragment else "contacts/edit.html"
    context: dict[str, Any] = {"of": of, "record": record, "version": record.version}
    if request.method != "POST":
        return render(request, page, context | {"form": forms.card_form(of, user, record)})
    files = keep_files(request)
    given = forms.posted(request.POST, of.texts)
    try:
        files.finish()
        of.edit(pk, given, version=version_in(request), **acting(request))
    except NotFound:
        raise
    except Refusal as refusal:
        form = forms.card_form(of, user, record, given, refusal)
        context |= {"form": form, "version": request.POST.get("version", "")}
        context["is_stale"] = refusal.code == "stale"
        return render(request, page, context, status=refusal.status)
    flash(request, _("Saved."))
    if is_fragment:
        if urlsplit(request.headers.get("HX-Current-URL", "")).path.startswith("/audit"):
            # Put right from a list of reasons, which the person goes on with.
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return HttpResponse(status=204, headers={"HX-Redirect": f"{of.path}/{pk}"})
    return HttpResponseRedirect(f"{of.path}/{pk}")


@require_POST
def delete(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    record = of.delete(pk, **acting(request))
    token = offer(inverse=f"contacts.restore_{of.name}", arguments={of.name: pk}, **acting(request))
    flash(request, _("%(name)s is in the recycle bin.") % {"name": record.name}, f"/undo/{token}")
    return HttpResponseRedirect(of.path)


@require_POST
def restore(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    record = of.restore(pk, **acting(request))
    flash(request, _("%(name)s is back.") % {"name": record.name})
    return HttpResponseRedirect(f"{of.path}/{pk}")
