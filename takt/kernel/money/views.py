from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may
from takt.kernel.lib.refusals import Forbidden, Invalid
from takt.kernel.money import commands
from takt.kernel.money.queries import rates_by_currency


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """The dated exchange rates, and one more."""
    if not may(acting(request)["by"], "administer"):
        raise Forbidden
    typed = {name: request.POST.get(name, "") for name in ("currency", "on", "rate")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            commands.set_rate(typed["currency"], typed["on"], typed["rate"], **acting(request))
        except Invalid as refusal:
            errors = {e.field: str(e.message) for e in refusal.errors}
        else:
            return HttpResponseRedirect("/settings/rates")
    context = {
        "base": settings.TAKT_CURRENCY,
        "currencies": rates_by_currency(),
        "typed": typed if request.method == "POST" else typed | {"on": timezone.localdate().isoformat()},
        "errors": errors,
    }
    return render(request, "money/rates.html", context, status=422 if errors else 200)
