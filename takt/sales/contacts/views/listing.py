"""The lists of companies and of people, what is done with many at once, and typeaheads."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may_add, owners_within
from takt.kernel.lib.returning import back_or
from takt.kernel.lists.table import list_page
from takt.kernel.ui.toasts import flash
from takt.sales.contacts import forms
from takt.sales.contacts.kinds import Kind
from takt.sales.contacts.queries import pick
from takt.sales.contacts.views.cells import CELLS

MOST_AT_ONCE = 5000


@require_safe
def index(request: HttpRequest, of: Kind) -> HttpResponseBase:
    user: Any = request.user
    owners = owners_within(user, of.name, "edit")
    actions = ((f"{of.path}/hand-over", _("Hand over")), (f"{of.path}/tag", _("Tag")))
    fields, cells = CELLS[of.name]
    return list_page(
        request,
        of.spec,
        of.rows(user),
        template=f"contacts{of.path}.html",
        fields=fields,
        cells=cells,
        actions=actions if owners is None or owners else (),
        empty_text=of.empty_text,
        context={"may_add": may_add(user, of.name)},
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


@require_POST
def hand_over(request: HttpRequest, of: Kind) -> HttpResponse:
    """Ask whom the chosen records go to, then hand them over."""
    ids = request.POST.getlist("ids")[:MOST_AT_ONCE]
    if "owner" not in request.POST:
        owners = forms.owner_choices(request.user, of.name)  # type: ignore[arg-type]
        return render(request, "contacts/hand_over.html", _asking(request, of, ids) | {"owners": owners})
    count = of.assign(ids, request.POST["owner"], **acting(request))
    flash(request, of.handed_over % {"count": count})
    return back_or(request, of.path)


@require_POST
def tag(request: HttpRequest, of: Kind) -> HttpResponse:
    """Ask which tags, then put them on the chosen records and take others off."""
    ids = request.POST.getlist("ids")[:MOST_AT_ONCE]
    if "add" not in request.POST:
        return render(request, "contacts/tag.html", _asking(request, of, ids))
    add, remove = (forms.tags_in(request.POST.get(name, "")) for name in ("add", "remove"))
    count = of.tag(ids, add=add, remove=remove, **acting(request))
    flash(request, of.tagged % {"count": count})
    return back_or(request, of.path)


def _asking(request: HttpRequest, of: Kind, ids: list[str]) -> dict[str, Any]:
    to = request.POST.get("_to", of.path)
    return {"ids": ids, "count": len(ids), "to": to, "action": request.path, "back": of.path}
