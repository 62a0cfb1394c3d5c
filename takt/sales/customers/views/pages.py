"""All customers at once: segments, the ladder, levels to confirm, thin lines of business, forgotten key customers."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.returning import back_or
from takt.kernel.ui.awaiting import arrived, waiting
from takt.kernel.ui.toasts import flash
from takt.sales.contacts.classifiers import SEGMENTS, segment_name
from takt.sales.contacts.commands import confirm_levels
from takt.sales.customers import questions
from takt.sales.customers.parameters import held
from takt.sales.customers.queries import lists, overview
from takt.sales.customers.rules import months_before

MOST = 200


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    pages = {
        "segments": _("RFM segments"),
        "ladder": _("Sales ladder"),
        "levels": _("Levels"),
        "lines": _("Contacts per line"),
        "forgotten": _("Key customers"),
    }
    tabs = [{"url": f"/customers/{n}", "label": label, "active": n == name} for n, label in pages.items()]
    return render(request, f"customers/{name}.html", context | {"tabs": tabs, "title": pages[name]})


def _month(request: HttpRequest, today: dt.date) -> tuple[dt.date, dt.date]:
    """The month asked for, as its first day and that of the next; this one where none is named."""
    text = request.GET.get("month", "")
    try:
        first = dt.date.fromisoformat(f"{text[:7]}-01") if text else today.replace(day=1)
    except ValueError:
        first = today.replace(day=1)
    if not 1950 <= first.year <= 2200:
        first = today.replace(day=1)
    return first, (first + dt.timedelta(days=32)).replace(day=1)


@require_safe
def segments(request: HttpRequest) -> HttpResponse:
    """How many customers stand in each segment, and who moved in a month."""
    user: Any = request.user
    today = timezone.localdate(acting(request)["at"])
    start, end = _month(request, today)
    between = overview.moves_between(user, start, end)
    codes = [code for code, _name in SEGMENTS]
    rows = [
        (segment_name(old) if old else _("Not yet a customer"), [between[old, new] for new in [*codes, ""]])
        for old in ["", *codes]
    ]
    moves = [
        {"on": m.on, "company": m.company, "old": segment_name(m.old), "new": segment_name(m.new)}
        for m in overview.latest_moves(user, start, end)
    ]
    context = {
        "counts": overview.segment_counts(user),
        "columns": [*(name for _code, name in SEGMENTS), _("No segment any more")],
        "rows": [(name, counts) for name, counts in rows if any(counts)],
        "moves": moves,
        "month": start.isoformat()[:7],
        "before": months_before(start, 1).isoformat()[:7],
        "after": end.isoformat()[:7] if end <= today else "",
        "start": start,
    }
    return _page(request, "segments", context)


@require_safe
def ladder(request: HttpRequest) -> HttpResponse:
    """Dynamics of development and movement on the ladder."""
    user: Any = request.user
    today = timezone.localdate(acting(request)["at"])
    checks = Checks()
    start = checks.day("from", request.GET.get("from")) or months_before(today, 3)
    end = checks.day("to", request.GET.get("to")) or today
    errors = {p.field: p.message for p in checks.problems}
    context = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "errors": errors,
    }
    at = acting(request)["at"]
    rungs, found = questions.dynamics(user, start, end + dt.timedelta(days=1), at=at)
    if rungs is None:
        return waiting(request, _("Sales ladder"))
    return arrived(request) or _page(request, "ladder", context | {"rungs": rungs, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
def levels(request: HttpRequest) -> HttpResponse:
    """Levels that the rule would change; a manager confirms them. Read every quarter, it is the review of customers."""
    user: Any = request.user
    if request.method == "POST":
        count = confirm_levels(request.POST.getlist("ids")[:MOST], **acting(request))
        said = ngettext("%(count)d level was set.", "%(count)d levels were set.", count) % {"count": count}
        flash(request, said)
        return back_or(request, "/customers/levels")
    rows = list(lists.proposals(user)[: MOST + 1])
    context = {
        "rows": [(c, segment_name(c.segment)) for c in rows[:MOST]],
        "is_more": len(rows) > MOST,
        "may_confirm": may(user, "confirm_levels"),
        "rule": held("levels"),
    }
    return _page(request, "levels", context)


@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """Companies with too few people in a line of business; `least` previews another number."""
    user: Any = request.user
    rule = held("contacts_per_line")
    text = request.GET.get("least", "")
    least = (
        int(text) if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 20 else rule.number("least")
    )
    context: dict[str, Any] = {"least": least, "rule": rule, "rows": [], "is_more": False, "found": None}
    if rule.mode == "off" and not text:
        return _page(request, "lines", context)
    rows, found = questions.thin_lines(user, least, MOST + 1, at=acting(request)["at"])
    if rows is None:
        return waiting(request, _("Contacts per line"))
    context |= {"rows": rows[:MOST], "is_more": len(rows) > MOST, "found": found}
    return arrived(request) or _page(request, "lines", context)


@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """Key customers with whom nobody has spoken for too long."""
    user: Any = request.user
    rule = held("regular_check")
    today = timezone.localdate(acting(request)["at"])
    text = request.GET.get("days", "")
    days = (
        int(text) if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 730 else rule.number("days")
    )
    rows = [] if rule.mode == "off" and not text else list(lists.unspoken(user, today, days)[: MOST + 1])
    context = {"rows": rows[:MOST], "is_more": len(rows) > MOST, "days": days, "rule": rule}
    return _page(request, "forgotten", context)
