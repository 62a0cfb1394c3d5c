"""Whether Takt lives, and what its worker couldn't do."""

import datetime as dt

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand
from takt.kernel.jobs import commands, queries
from takt.kernel.ui.toasts import flash


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Database and worker are there; else 503 and a problem document that names what is missing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beat = queries.last_beat()
    except DatabaseError:
        return _not_ready("database_unreachable", "The database does not answer.")
    if beat is None:
        return _not_ready("worker_not_started", "The worker has not reported yet.")
    if not queries.is_alive(beat, dt.datetime.now(dt.UTC)):
        return _not_ready("worker_silent", f"The worker was last heard of at {beat.isoformat()}.")
    return JsonResponse(
        {"status": "ready", "worker": beat.isoformat()}, headers={"Cache-Control": "no-store"}
    )


def _not_ready(code: str, detail: str) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": "Not ready",
        "status": 503,
        "detail": detail,
        "code": code,
        "errors": [],
    }
    headers = {"Cache-Control": "no-store"}
    return JsonResponse(body, status=503, content_type="application/problem+json", headers=headers)


@require_GET
def failures(request: HttpRequest) -> HttpResponse:
    """The worker's pulse, deliveries that were parked and jobs that failed."""
    act = acting(request)
    demand(act["by"], "administer")
    beat = queries.last_beat()
    context = {
        "beat": beat,
        "is_alive": queries.is_alive(beat, act["at"]),
        "waiting": queries.waiting_jobs(),
        "parked": queries.parked_deliveries(),
        "failed": queries.failed_jobs(),
    }
    return render(request, "jobs/failures.html", context)


@require_POST
def retry_delivery(request: HttpRequest, pk: int) -> HttpResponse:
    commands.retry_delivery(pk, **acting(request))
    flash(request, _("It will be tried again in a moment."))
    return redirect("jobs:failures")


@require_POST
def retry_job(request: HttpRequest, pk: int) -> HttpResponse:
    commands.retry_job(pk, **acting(request))
    flash(request, _("It will be tried again in a moment."))
    return redirect("jobs:failures")
