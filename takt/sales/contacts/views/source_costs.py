"""What sources of customers cost, as a sheet: a row for each source, a column for each month."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.currencies import is_currency
from takt.kernel.lib.refusals import Invalid
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import commands
from takt.sales.contacts.models import Source, SourceCost

HOME = "/settings/source-costs"


@dataclass(frozen=True)
class Cell:
    name: str
    label: str
    value: str
    error: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """A year of costs in one currency; a POST saves what was changed on the sheet."""
    demand(acting(request)["by"], "edit_source_costs")
    given = request.POST if request.method == "POST" else request.GET
    year, currency = _year(given.get("year", "")), _currency(given.get("currency", ""))
    if request.method != "POST":
        return _sheet(request, year, currency)
    cells = [n for n in request.POST if n.startswith("cost-")][: commands.MOST_COSTS]
    costs = [_cost(name, currency, request.POST[name]) for name in cells]
    try:
        before = commands.set_source_costs(costs, **acting(request))
    except Invalid as refusal:
        errors = {
            cells[_place(e.field)]: str(e.message) for e in refusal.errors if _place(e.field) < len(cells)
        }
        return _sheet(request, year, currency, errors)
    undo = None
    if before:
        arguments = {"costs": before}
        undo = f"/undo/{offer(inverse='contacts.set_source_costs', arguments=arguments, **acting(request))}"
    text = ngettext("%(count)d cost was changed.", "%(count)d costs were changed.", len(before))
    flash(request, text % {"count": len(before)} if before else _("Nothing was changed."), undo)
    return HttpResponseRedirect(f"{HOME}?year={year}&currency={currency}", status=303)


def _cost(name: str, currency: str, text: str) -> dict[str, Any]:
    source, _dash, month = name.removeprefix("cost-").partition("-")
    return {"source": source, "month": month, "currency": currency, "amount": typed_number(text)}


def _place(field: str) -> int:
    place = field.split(".")[1] if field.startswith("costs.") else "0"
    return int(place)


def _year(text: str) -> int:
    today = timezone.localdate().year
    return int(text) if text.isascii() and text.isdigit() and 2000 <= int(text[:5]) <= 2100 else today


def _currency(text: str) -> str:
    code = text.strip().upper()
    return code if is_currency(code) else settings.TAKT_CURRENCY


def _sheet(
    request: HttpRequest, year: int, currency: str, errors: dict[str, str] | None = None
) -> HttpResponse:
    months = [dt.date(year, n, 1) for n in range(1, 13)]
    of_year = SourceCost.objects.filter(month__in=months)
    rows = of_year.filter(currency=currency).values_list("source_id", "month", "amount")
    known = {(source, month): amount for source, month, amount in rows}
    used = {source for source, _month in known}
    sources = [s for s in Source.objects.order_by("position", "id") if s.is_active or s.pk in used]
    others = sorted(set(of_year.values_list("currency", flat=True)) - {currency})
    context = {
        "year": year,
        "currency": currency,
        "currencies": others,
        "months": months,
        "lines": [(s, _line(request, s, months, known, errors or {})) for s in sources],
        "totals": [sum(known.get((s.pk, m), 0) for s in sources) for m in months],
        "total": sum(known.values()),
        "sentences": [_("Please correct the marked fields.")] if errors else [],
    }
    return render(request, "contacts/source_costs.html", context, status=422 if errors else 200)


def _line(
    request: HttpRequest, source: Source, months: list[dt.date], known: dict[Any, Any], errors: dict[str, str]
) -> list[Cell]:
    cells = []
    for month in months:
        name = f"cost-{source.pk}-{month:%Y-%m}"
        amount = known.get((source.pk, month))
        value = "" if amount is None else f"{amount:f}".removesuffix(".00")
        label = _("%(source)s in %(month)s") % {"source": source.name, "month": f"{month:%Y-%m}"}
        cells.append(Cell(name, label, request.POST.get(name, value), errors.get(name, "")))
    return cells
