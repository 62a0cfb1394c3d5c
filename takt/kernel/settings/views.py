from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Forbidden, Refusal
from takt.kernel.settings import commands, queries
from takt.kernel.settings.rules import PARAMETERS
from takt.kernel.ui.toasts import flash


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """Every parameter of the firm's rules; a POST changes one."""
    demand(acting(request)["by"], "administer")
    if request.method != "POST":
        return _rules(request)
    key, value, seen = (request.POST.get(name, "") for name in ("key", "value", "seen"))
    read = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
    try:
        old = commands.change_setting(key, value, seen=read, **acting(request))
    except Forbidden:
        raise
    except Refusal as refusal:
        return _rules(request, refusal)
    text = _("%(label)s: %(value)s instead of %(old)d.")
    flash(request, text % {"label": PARAMETERS[key].label, "value": value.strip(), "old": old})
    return HttpResponseRedirect("/settings/rules", status=303)


def _rules(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    """The page; a refused value stays in its field, with the sentence beside it."""
    context: dict[str, Any] = {
        "held": queries.held(),
        "refused": "",
        "typed": "",
        "sentences": [],
        "error": "",
    }
    if refusal is not None:
        context["refused"], context["typed"] = request.POST.get("key", ""), request.POST.get("value", "")
        context["error"] = refusal.detail
        if context["refused"] not in PARAMETERS:
            context["sentences"] = [refusal.detail]
    return render(request, "settings/rules.html", context, status=refusal.status if refusal else 200)
