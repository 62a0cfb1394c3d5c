"""Reports as data: the same figures as on the page."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from takt.insight.metrics.reports import figures, report_named
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.lib.refusals import Invalid, Problem

router = Router(tags=["reports"])


class Asked(Schema):
    """The filter of a report."""

    since: str = Field("", alias="from", description="First day of the period, by closing: 2026-01-01")
    to: str = Field("", description="Last day of the period")
    pipeline: str = Field("", description="Number or name")
    owner: str = Field("", description="Number or e-mail")
    team: str = Field("", description="Number or name; teams below it are included")
    as_of: str = Field(
        "",
        description="A day (2026-03-31, as it ended) or a moment (2026-03-31T18:00:00Z): everything as it stood then",
    )
    by: str = Field("", description="owner, team, parent_team, product, series, industry or company")
    over: str = Field("", description="Ages to count over, in days: 90,138")


class NotConverted(Schema):
    """Deals that no sum holds, because their currency has no rate."""

    currency: str
    deals: int
    amount: str


class ReportNote(Schema):
    """What of a past moment can't be told; `deals` where it concerns single ones."""

    code: str
    text: str
    deals: int | None = None


class Figures(Schema):
    """Totals and tables; `definition` says what they count. Amounts, shares and means are decimals as text."""

    report: str
    title: str
    definition: str
    basis: str
    currency: str
    since: str | None = Field(None, alias="from")
    to: str | None
    as_of: str
    not_converted: list[NotConverted]
    notes: list[ReportNote]
    totals: dict[str, Any]
    tables: list[dict[str, Any]]


@router.get("/reports/{name}", response=Figures, by_alias=True, summary="A report's figures")
def report(request: HttpRequest, name: str, asked: Query[Asked]) -> JsonResponse:
    report_named(name)
    given = asked.model_dump(by_alias=True)
    if unknown := sorted(request.GET.keys() - given.keys()):
        raise Invalid(
            errors=[Problem(name, "unknown", _("Reports have no such filter.")) for name in unknown]
        )
    found = figures(name, scope_of(request.user, given, at=timezone.now()))  # type: ignore[arg-type]
    return JsonResponse(found)
