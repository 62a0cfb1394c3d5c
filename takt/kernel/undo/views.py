import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from takt.kernel.access.edge import acting
from takt.kernel.lib.returning import back_or
from takt.kernel.ui.toasts import flash
from takt.kernel.undo import commands


@require_POST
def take_back(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """Take one step back and show the page as it is now."""
    said = commands.take_back(token, **acting(request))
    flash(request, said if isinstance(said, str) else _("Taken back."))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    return back_or(request, "/today")
