"""The lists of companies and of people, and typeaheads."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from takt.kernel.access.reach import may_add, owners_within
from takt.kernel.lib.refusals import Text
from takt.kernel.lists.table import list_page
from takt.sales.contacts.kinds import Kind
from takt.sales.contacts.queries import pick
from takt.sales.contacts.views.cells import opened_from, shows_of


@require_safe
def index(request: HttpRequest, of: Kind) -> HttpResponseBase:
    user: Any = request.user
    owners, deleters = owners_within(user, of.name, "edit"), owners_within(user, of.name, "delete")
    may_edit, may_delete = owners is None or bool(owners), deleters is None or bool(deleters)
    actions: list[tuple[str, Text]] = []
    if of.name == "company" and may_add(user, "task"):
        actions.append(("/customers/tasks", _("Plan a task")))
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
