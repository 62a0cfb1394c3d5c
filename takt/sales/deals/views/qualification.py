"""BANT and MEDDIC of a deal: the questions with their answers, loaded when somebody opens them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import granted, owners_within
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.ui.toasts import toast
from takt.sales.deals import commands
from takt.sales.deals.models import Deal, Qualification
from takt.sales.deals.queries.qualification import qualified
from takt.sales.deals.rules_qualification import ANSWERS, BANT, MEDDIC, QUESTIONS


@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The questions as answered; saved all at once."""
    user: Any = request.user
    deal: Any = Deal.objects.found(pk, by=user)
    typed: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    sentences: list[Any] = []
    status = 200
    if request.method == "POST":
        typed = {q: request.POST[q] for q in QUESTIONS if q in request.POST}
        evidence = {
            q: request.POST.get(f"evidence_{q}", "") for q in MEDDIC if f"evidence_{q}" in request.POST
        }
        try:
            deal = commands.qualify_deal(pk, {**typed, "evidence": evidence}, **acting(request))
            typed = {}
        except NotFound:
            raise
        except Refusal as refusal:
            errors = {e.field: e.message for e in refusal.errors}
            sentences, status = ([] if errors else [refusal.detail]), refusal.status
            typed |= {f"evidence.{q}": note for q, note in evidence.items()}
    editors = owners_within(user, "deal", "edit")
    row = Qualification.objects.filter(deal=deal).first()
    found = qualified(row, deal, ())
    context = {
        "deal": deal,
        "found": found,
        "answers": {q: int(typed.get(q) or 0) if typed else getattr(found.row, q) for q in QUESTIONS},
        "evidence": {q: typed.get(f"evidence.{q}", found.row.evidence.get(q, "")) for q in MEDDIC},
        "errors": errors,
        "sentences": sentences,
        "bant": BANT,
        "meddic": MEDDIC,
        "choices": ANSWERS,
        "may_edit": editors is None or deal.owner_id in editors or pk in granted(user, "deal", "edit"),
    }
    response = render(request, "deals/_qualification.html", context, status=status)
    if request.method == "POST" and status == 200:
        toast(response, _("Saved."))
    return response
