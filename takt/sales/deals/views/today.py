"""Today: the home of the rep."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from takt.kernel.access.edge import acting
from takt.kernel.lib.refusals import Invalid
from takt.sales.deals.queries.today import FIRST_ROWS, GROUPINGS, Day, day_of


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What is to do on a day and what has been done."""
    day = day_asked(request, request.GET)
    template = "deals/_today.html" if is_part(request) else "deals/today.html"
    return render(request, template, day_context(day))


def is_part(request: HttpRequest) -> bool:
    """Whether htmx wants the list alone: more rows, or another grouping."""
    return request.headers.get("HX-Target", "").endswith("today-list")


def day_asked(request: HttpRequest, params: dict[str, str]) -> Day:
    """The day that a page, or a form sent from it, is about."""
    grouping = params.get("group", "") or "type"
    rows = params.get("rows", "") or str(FIRST_ROWS)
    if grouping not in GROUPINGS or not rows.isascii() or not rows.isdigit() or len(rows) > 4:
        raise Invalid.field("group", _("This day can't be shown so."), "unreadable")
    on = _read_day(params.get("day", ""))
    return day_of(request.user, acting(request)["at"], on=on, grouping=grouping, rows=int(rows))


def _read_day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        on = dt.date.fromisoformat(text)
    except ValueError:
        on = dt.date.min
    if not 1900 <= on.year <= 2200:
        raise Invalid.field("day", _("Enter a date as YYYY-MM-DD."), "unreadable")
    return on


def day_context(day: Day) -> dict[str, object]:
    one = dt.timedelta(days=1)
    own = "" if day.is_today else f"&day={day.on.isoformat()}"
    grouped = "" if day.grouping == "type" else f"&group={day.grouping}"
    return {
        "day": day,
        "own": own,
        "query": f"{grouped}{own}",
        "yesterday": _address(day.on - one, day.today, grouped),
        "tomorrow": _address(day.on + one, day.today, grouped),
        "groupings": [("type", _("Type")), ("time", _("Time")), ("company", _("Company"))],
    }


def _address(on: dt.date, today: dt.date, grouped: str) -> str:
    query = ("" if on == today else f"&day={on.isoformat()}") + grouped
    return f"/today?{query[1:]}" if query else "/today"
