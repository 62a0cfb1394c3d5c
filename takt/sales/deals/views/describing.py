"""Describing afterwards what was done, in a dialog over the list that asks for it, or on a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal, Refused
from takt.sales.activities.models import Task
from takt.sales.deals import commands, forms
from takt.sales.deals.queries import tasks as queries
from takt.sales.deals.views.completing import ended, place_of


@require_http_methods(["GET", "HEAD", "POST"])
def describe_action(request: HttpRequest, pk: int) -> HttpResponse:
    """What a done task was, and what came of it."""
    task = queries.shown_task(pk, request.user)  # type: ignore[arg-type]
    if task.status != Task.Status.DONE:
        raise Refused(_("Only a task that is done can be described."), code="not_done")
    refusal: Refusal | None = None
    typed = {"title": task.title, "result": task.result}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in typed}
        try:
            saved = commands.describe_action(pk, **typed, version=version_in(request), **acting(request))
        except (NotFound, Forbidden):
            raise
        except Refusal as refused:
            refusal = refused
        else:
            return ended(request, _("Saved: %(title)s") % {"title": saved.title}, f"/tasks/{pk}")
    place = place_of(request)
    context = {
        "task": task,
        "typed": typed,
        "version": request.POST.get("version") or task.version,
        "place": place,
        "form": "deals/_describe.html",
        **(forms.problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    template = "deals/describe.html" if place == "page" else "deals/_describe.html"
    return render(request, template, context, status=refusal.status if refusal else 200)
