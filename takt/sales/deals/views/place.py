"""Where a deal stands in the list that it was opened from."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from takt.kernel.lists.beside import place_in
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import Deal


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The deals before and after it, its number, and the way back, in the list's own filter and order."""
    user: Any = request.user
    Deal.objects.found(pk, by=user)
    given = request.GET.get("in", "")[:2000]
    found = place_in(DEALS, deal_rows(user), pk, user, given)
    query = f"?{found.query}" if found and found.query else ""
    context = {"place": found, "given": given, "back": f"/deals{query}#row-{pk}"}
    return render(request, "deals/_place.html", context)
