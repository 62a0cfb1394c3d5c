"""What a customer bought and how he stood over time, for his card."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from takt.kernel.access.edge import acting
from takt.kernel.lib.refusals import NotFound
from takt.sales.contacts.classifiers import STEPS, segment_name
from takt.sales.contacts.models import Company, Contact
from takt.sales.customers.queries import sales


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """Sums of the deals that the reader sees; for a company its segments and its ladder as well."""
    user: Any = request.user
    day = timezone.localdate(acting(request)["at"])
    context: dict[str, Any] = {"currency": settings.TAKT_CURRENCY}
    if company := request.GET.get("company", ""):
        record: Any = Company.objects.select_related("standing").found(company, by=user)
        context |= {"sales": sales.sales_of(user, day, company=record.pk)} | _history(record, day)
    elif contact := request.GET.get("contact", ""):
        record = Contact.objects.found(contact, by=user)
        context |= {
            "sales": sales.sales_of(user, day, parts__contact=record.pk),
            "behind": sales.left_behind(user, record),
        }
    else:
        raise NotFound
    purchases = context["sales"].purchases
    if len(purchases) > 1:
        context["chart"] = json.dumps(sales.chart_of(purchases))
    return render(request, "customers/_panel.html", context)


def _history(company: Any, day: Any) -> dict[str, Any]:
    moves = sales.ladder_of(company.pk)
    standing = getattr(company, "standing", None)
    return {
        "standing": standing,
        "step": STEPS[standing.step] if standing else "",
        "ladder": json.dumps(sales.ladder_chart(moves, day)) if len(moves) > 1 else "",
        "ladder_moves": moves,
        "segments": [(m.on, segment_name(m.old), segment_name(m.new)) for m in sales.segments_of(company.pk)],
    }
