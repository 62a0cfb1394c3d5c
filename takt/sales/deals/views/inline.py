"""Fields of a deal edited in place, one at a time."""

import json
from collections.abc import Iterable
from html import unescape
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import granted, owners_within
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.fields.showing import Line, shown
from takt.kernel.fields.values import names_of
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash
from takt.sales.deals import commands, forms_fields
from takt.sales.deals.commands.editing import FieldChanged
from takt.sales.deals.models import Deal, Qualification
from takt.sales.deals.queries.page import sees
from takt.sales.deals.queries.qualification import pick_competitors, qualified

# What else on the page tells the same thing, and what changes so much that the page is loaded again.
ALSO = {"name": ("name",), "amount": ("amount", "head_amount")}
WHOLE_PAGE = frozenset({"company", "owner"})


def _deal(request: HttpRequest, pk: int, name: str) -> Deal:
    user: Any = request.user
    rows = Deal.objects.select_related("stage", "owner", "company", "type", "source")
    deal: Any = rows.found(pk, by=user)
    if name == "company" and deal.company_id is not None and not sees(user, "company", deal.company):
        raise NotFound
    return deal  # type: ignore[no-any-return]


@require_http_methods(["GET", "HEAD", "POST"])
def field(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The form of one field, and its saving; refused, it comes back with what was typed."""
    user: Any = request.user
    deal = _deal(request, pk, name)
    if request.method != "POST":
        editors = owners_within(user, "deal", "edit")
        if (
            editors is not None
            and deal.owner_id not in editors
            and deal.pk not in granted(user, "deal", "edit")
        ):
            raise Forbidden
        return _form(request, deal, name)
    forms_fields.editor(deal, name, user)  # an unknown name is a 404 here as well
    files = keep_files(request)
    try:
        files.finish()
        _save(request, pk, name)
    except FieldChanged as refusal:
        now = _deal(request, pk, name)
        return _form(request, now, name, refusal, theirs=_plain(request, now, name))
    except NotFound:
        raise
    except Refusal as refusal:
        return _form(request, deal, name, refusal)
    return _saved(request, pk, name)


def _save(request: HttpRequest, pk: int, name: str) -> None:
    post, act = request.POST, acting(request)
    seen = forms_fields.seen_in(post, name)
    if name == "owner":
        commands.assign_deal(pk, post.get("owner", ""), seen=seen, **act)
    elif name == "competitors":
        names = post.getlist("competitors")
        commands.set_competitors(pk, names, are_none="none" in post, seen=seen, **act)
    elif name in forms_fields.NEEDS:
        commands.qualify_deal(pk, forms_fields.given(name, post), seen=seen, **act)
    else:
        commands.edit_deal(pk, forms_fields.given(name, post), seen=seen, **act)


def _form(
    request: HttpRequest, deal: Deal, name: str, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    post = request.POST if request.method == "POST" else None
    editor = forms_fields.editor(deal, name, request.user, post)  # type: ignore[arg-type]
    sentences: Iterable[Any] = ()
    if refusal is not None and "theirs" not in more:
        sentences = [e.message for e in refusal.errors] or [refusal.detail]
    context = {
        "deal": deal,
        "name": name,
        "controls": editor.controls,
        "own": editor.own,
        "seen": json.dumps(editor.seen),
        "sentences": list(dict.fromkeys(map(str, sentences))),
        **more,
    }
    status = refusal.status if refusal else 200
    return render(request, "deals/_field_edit.html", context, status=status)


def _saved(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The cells that changed, by name; the page is loaded again where much hangs on the field."""
    user: Any = request.user
    if not Deal.objects.visible_to(user).filter(pk=pk).exists():
        flash(request, _("The deal was handed over; you don't see it any more."))
        return JsonResponse({"go": "/deals"})
    if name in WHOLE_PAGE:
        flash(request, _("Saved."))
        return JsonResponse({"go": f"/deals/{pk}"})
    deal = _deal(request, pk, name)
    cells = {cell: _cell(request, deal, cell) for cell in ALSO.get(name, (name,))}
    return JsonResponse({"version": deal.version, "cells": cells})


def _cell(request: HttpRequest, deal: Deal, name: str) -> str:
    context: dict[str, Any] = {"name": name, "deal": deal, "at": acting(request)["at"]}
    if name.startswith("custom."):
        context["own"] = _line(request, deal, forms_fields.definition_of(deal, name))
    elif name in (*forms_fields.NEEDS, "competitors"):
        row = Qualification.objects.filter(deal=deal).first()
        names = sorted(r.competitor.name for r in deal.rivals.select_related("competitor"))  # type: ignore[attr-defined]
        context["found"] = qualified(row, deal, names)
    return render_to_string("deals/_field.html", context).strip()


def _line(request: HttpRequest, deal: Deal, definition: FieldDefinition | None) -> Line:
    assert definition is not None
    names = names_of([definition], [deal.custom], request.user)  # type: ignore[arg-type]
    return Line(definition, shown(definition, deal.custom.get(definition.slug), names))


def _plain(request: HttpRequest, deal: Deal, name: str) -> str:
    """What stands in the field now, as words without marks."""
    if name == "company":
        return deal.company.name if deal.company else "–"
    if name.startswith("custom."):
        return _line(request, deal, forms_fields.definition_of(deal, name)).shown.text or "–"
    if name == "tags":
        return ", ".join(deal.tags) or "–"
    if name == "competitors":
        rivals = deal.rivals.select_related("competitor")  # type: ignore[attr-defined]
        return ", ".join(sorted(r.competitor.name for r in rivals)) or "–"
    return " ".join(unescape(strip_tags(_cell(request, deal, name))).split()) or "–"


@require_GET
def competitors(request: HttpRequest) -> HttpResponse:
    """Competitors of the list by a part of the name."""
    found = pick_competitors(request.GET.get("q", ""))
    return JsonResponse([{"value": c.name, "text": c.name} for c in found], safe=False)
