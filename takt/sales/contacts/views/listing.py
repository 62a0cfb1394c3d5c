"""The lists of companies and of people, what is done with many at once, and typeaheads."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may_add, owners_within
from takt.kernel.lib.refusals import Invalid, Refusal, Text
from takt.kernel.lib.returning import back_or, own_path
from takt.kernel.lists.table import list_page
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import forms
from takt.sales.contacts.kinds import Kind
from takt.sales.contacts.queries import pick
from takt.sales.contacts.views.cells import opened_from, shows_of

MOST_AT_ONCE = 5000


@require_safe
def index(request: HttpRequest, of: Kind) -> HttpResponseBase:
    user: Any = request.user
    owners, deleters = owners_within(user, of.name, "edit"), owners_within(user, of.name, "delete")
    may_edit, may_delete = owners is None or bool(owners), deleters is None or bool(deleters)
    actions: list[tuple[str, Text]] = []
    if may_edit:
        actions += [(f"{of.path}/hand-over", _("Hand over")), (f"{of.path}/tag", _("Tag"))]
    if of.name == "company" and may_add(user, "task"):
        actions.append(("/customers/tasks", _("Plan a task")))
    if may_delete:
        actions.append((f"{of.path}/bulk-delete", _("Delete")))
    return list_page(
        request,
        of.spec,
        of.rows(user),
        template=f"contacts{of.path}.html",
        shows=shows_of(of.path, opened_from(request.GET)),
        actions=actions,
        empty_text=of.empty_text,
        context={"of": of, "may_add": may_add(user, of.name), "may_edit": may_edit, "may_delete": may_delete},
    )


@require_safe
def choose(request: HttpRequest, of: Kind) -> JsonResponse:
    """Records for a typeahead; a person's company stands beside him, and may be asked for."""
    rows = of.rows(request.user)  # type: ignore[arg-type]
    company = request.GET.get("company", "")
    if of.link == "company" and company.isascii() and company.isdigit() and int(company) < 2**63:
        rows = rows.filter(seen_company_id=int(company))
    found = pick(rows, request.GET.get("q", ""))
    companies = [getattr(row, "seen_company", "") for row in found]
    texts = [f"{row.name} · {c}" if c else row.name for row, c in zip(found, companies, strict=True)]
    answer = [{"value": row.pk, "text": text} for row, text in zip(found, texts, strict=True)]
    return JsonResponse(answer, safe=False)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, of: Kind) -> HttpResponse:
    """Ask whom the chosen records go to, then hand them over."""
    ids = _chosen(request)
    owners = forms.owner_choices(request.user, of.name)  # type: ignore[arg-type]
    if "owner" not in request.POST:
        return _ask(request, of, "hand-over", ids, owners=owners)
    try:
        count = of.assign(ids, request.POST["owner"], **acting(request))
    except Refusal as refusal:
        return _ask(request, of, "hand-over", ids, refusal, owners=owners)
    return _done(request, of, of.handed_over % {"count": count})


@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: HttpRequest, of: Kind) -> HttpResponse:
    """Ask which tags, then put them on the chosen records and take others off."""
    ids = _chosen(request)
    if "add" not in request.POST:
        return _ask(request, of, "tag", ids)
    add, remove = (forms.tags_in(request.POST.get(name, "")) for name in ("add", "remove"))
    try:
        count = of.tag(ids, add=add, remove=remove, **acting(request))
    except Refusal as refusal:
        return _ask(request, of, "tag", ids, refusal)
    return _done(request, of, of.tagged % {"count": count})


@require_http_methods(["GET", "HEAD", "POST"])
def delete_many(request: HttpRequest, of: Kind) -> HttpResponse:
    """Ask, then move the chosen records to the recycle bin."""
    ids = _chosen(request)
    if request.method != "POST":
        return _ask(request, of, "bulk-delete", ids)
    try:
        count = of.delete_many(ids, **acting(request))
    except Refusal as refusal:
        return _ask(request, of, "bulk-delete", ids, refusal)
    many = of.path.strip("/")
    token = offer(inverse=f"contacts.restore_{many}", arguments={many: ids}, **acting(request))
    return _done(request, of, of.binned % {"count": count}, f"/undo/{token}")


def _chosen(request: HttpRequest) -> list[str]:
    ids = (request.POST if request.method == "POST" else request.GET).getlist("ids")[:MOST_AT_ONCE]
    if not ids:
        raise Invalid.field("ids", _("Choose at least one record."), "required")
    return ids


def _ask(
    request: HttpRequest, of: Kind, act: str, ids: list[str], refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    is_dialog = bool(request.headers.get("HX-Request"))
    told = [refusal.detail, *(p.message for p in refusal.errors)] if refusal else []
    named = request.POST.get("_to") or request.GET.get("_to") or request.headers.get("Referer")
    context = {
        "of": of,
        "act": act,
        "ids": ids,
        "count": len(ids),
        "to": own_path(request, named, of.path),
        "is_dialog": is_dialog,
        "typed": request.POST,
        "sentences": list(dict.fromkeys(str(text) for text in told if text)),
    }
    template = "contacts/_many.html" if is_dialog else "contacts/many.html"
    return render(request, template, context | more, status=refusal.status if refusal else 200)


def _done(request: HttpRequest, of: Kind, said: str, undo: str | None = None) -> HttpResponse:
    flash(request, said, undo)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_or(request, of.path)
