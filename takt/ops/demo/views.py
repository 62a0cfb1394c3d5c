"""Removing the demo company."""

from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Forbidden, Refusal
from takt.ops.demo import sign_ins
from takt.ops.demo.commands import own_records, remove_demo

FIELDS = ("name", "email", "password", "language", "template")


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Ask for the new administrator, then start afresh; refused once there are records of one's own."""
    if not may(request.user, "administer"):
        raise Forbidden
    context: dict[str, Any] = {
        "typed": {"language": request.user.language, "template": "b2b", **request.POST.dict()},
        "errors": {},
        "sentences": [],
        "is_demo": User.objects.filter(is_demo=True).exists(),
        "own": own_records(),
    }
    if request.method == "GET":
        return render(request, "demo/remove.html", context)
    try:
        given = {field: request.POST.get(field, "") for field in FIELDS}
        admin = remove_demo(**given, **acting(request))
    except Refusal as refusal:
        context["errors"] = {e.field: e.message for e in refusal.errors}
        context["sentences"] = [] if refusal.errors else [refusal.detail]
        return render(request, "demo/remove.html", context, status=refusal.status)
    sign_ins.forget()
    logout(request)
    login(request, admin)
    return HttpResponse(status=303, headers={"Location": "/today"})
