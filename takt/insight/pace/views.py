"""The page of discipline: who has what overdue, and the deals that are suspicious in spite of a next step."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from takt.insight.pace import queries
from takt.insight.pace.rules import STALE, TOO_FAR
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import owners_within
from takt.kernel.lib.refusals import Forbidden
from takt.kernel.lists.export import file_of
from takt.sales.deals.forms import whole_id

ROWS = 200
FLAGS = {
    TOO_FAR: gettext_lazy("Next contact too far away"),
    STALE: gettext_lazy("Stands still in spite of a task"),
}


@require_safe
def discipline(request: HttpRequest) -> HttpResponseBase:
    """Numbers per person with the lists behind them, and the flagged deals."""
    user: Any = request.user
    at = acting(request)["at"]
    owner = whole_id(request.GET.get("owner", ""))
    flag = request.GET.get("flag", "")
    flag = flag if flag in FLAGS else ""
    rows = queries.flagged(user, owner=owner, flag=flag)
    if request.GET.get("export") == "csv":
        return _export(user, rows)
    found = list(rows[: ROWS + 1])
    query = request.GET.copy()
    query["export"] = "csv"
    context = {
        "people": queries.people(user, at),
        "rows": [(row, queries.reasons(row)) for row in found[:ROWS]],
        "is_more": len(found) > ROWS,
        "flags": FLAGS,
        "flag": flag,
        "owner": owner,
        "export_url": f"{request.path}?{query.urlencode()}",
        "may_export": owners_within(user, "deal", "export") == owners_within(user, "deal"),
    }
    return render(request, "pace/discipline.html", context)


def _export(user: Any, rows: Any) -> HttpResponseBase:
    if owners_within(user, "deal", "export") != owners_within(user, "deal"):
        raise Forbidden
    header = [_("Deal"), _("Stage"), _("Owner"), _("Amount"), _("Currency"), _("Why"), _("Flagged since")]
    lines = (
        [
            row.deal.name,
            row.deal.stage.name,
            row.deal.owner.name,
            row.deal.amount,
            row.deal.currency,
            " ".join(queries.reasons(row)),
            row.since.isoformat(),
        ]
        for row in rows.iterator(chunk_size=1_000)
    )
    return file_of("csv", "discipline", header, ["text"] * len(header), lines)
