"""One task for the chosen companies: asked for with a preview, planned at once, taken back in one step."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.kernel.lib.returning import back_or, own_path
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts.models import Company
from takt.sales.customers import commands
from takt.sales.deals import forms
from takt.sales.deals.forms_tasks import TASK_FIELDS, due_presets, new_task, typed

MOST = 5000


@require_http_methods(["GET", "HEAD", "POST"])
def tasks(request: HttpRequest) -> HttpResponse:
    """Ask which task, then plan it with every chosen company."""
    ids = (request.POST if request.method == "POST" else request.GET).getlist("ids")[:MOST]
    if not ids:
        raise Invalid.field("ids", _("Choose at least one record."), "required")
    if "title" not in request.POST:
        return _ask(request, ids)
    form = typed(request.POST, TASK_FIELDS)
    try:
        numbers = [int(i) for i in ids if i.isascii() and i.isdigit() and len(i) < 19]
        made = commands.create_tasks_for(numbers, new_task(form), **acting(request))
    except Refusal as refusal:
        return _ask(request, ids, form, refusal)
    token = offer(inverse="customers.remove_tasks", arguments={"tasks": made}, **acting(request))
    said = ngettext("%(count)d task was planned.", "%(count)d tasks were planned.", len(made))
    flash(request, said % {"count": len(made)}, f"/undo/{token}")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_or(request, "/companies")


def _ask(
    request: HttpRequest, ids: list[str], form: dict[str, str] | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    user: Any = request.user
    is_dialog = bool(request.headers.get("HX-Request"))
    errors = {p.field: str(p.message) for p in refusal.errors} if refusal else {}
    numbers = [int(i) for i in ids if i.isascii() and i.isdigit() and len(i) < 19]
    chosen = Company.objects.visible_to(user).filter(pk__in=numbers)
    named = request.POST.get("_to") or request.GET.get("_to") or request.headers.get("Referer")
    context = {
        "ids": ids,
        "count": len(ids),
        "names": list(chosen.order_by("sort_key", "pk").values_list("name", flat=True)[:5]),
        "unowned": chosen.filter(owner=None).count(),
        "to": own_path(request, named, "/companies"),
        "is_dialog": is_dialog,
        "typed": form or {},
        "types": forms.step_types(),
        "presets": due_presets(acting(request)["at"]),
        "people": [("", _("Each company's owner")), *_people()],
        "errors": errors,
        "sentences": [str(refusal.detail)] if refusal and not errors else [],
    }
    if refusal and (strange := set(errors) - set(TASK_FIELDS)):
        context["sentences"] = [errors[name] for name in sorted(strange)]
    template = "customers/_tasks.html" if is_dialog else "customers/tasks.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _people() -> list[tuple[Any, str]]:
    return list(User.objects.filter(is_active=True).order_by("sort_key").values_list("pk", "name"))
