import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from takt.insight.metrics import showing
from takt.insight.metrics.figures import Figures, Report, Section, collected
from takt.insight.metrics.queries import REPORTS, report_of
from takt.insight.metrics.scope import FILTERS, Scope, read_scope
from takt.kernel.access.edge import acting
from takt.kernel.access.reach import owners_within, teams_below
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.lists.export import file_of
from takt.sales.deals.models import Pipeline

PAGE_ONLY = ("all", "export", "table")


@require_safe
def report(request: HttpRequest, name: str) -> HttpResponseBase:
    """A report's page: filters, figures, chart, tables; what is heavy follows by itself."""
    spec, errors = report_of(name), list[str]()
    if request.GET.get("export"):
        return _export(request, spec)
    try:
        scope = spec.period(_scope(request))
    except Invalid as refusal:
        scope, errors = Scope(_user(request), acting(request)["at"]), [str(e.message) for e in refusal.errors]
    eager = [s.name for s in spec.sections if request.GET.get("all") or not s.is_lazy]
    figures = collected(spec, scope, [] if errors else eager)
    context = {
        "report": spec,
        "scope": scope,
        "errors": errors,
        "report_tabs": [_tab(r, name, request) for r in REPORTS.values()],
        "sections": [] if errors else [_section(s, figures, request) for s in spec.wanted(scope)],
        "given": {k: request.GET.get(k, "") for k in FILTERS},
        "choices": _choices(scope),
        "presets": _presets(request, spec),
        "left_out": _left_out(figures),
        "export_url": _address(f"/reports/{name}", request, export="csv"),
        "all_url": _address(f"/reports/{name}", request, all="1"),
    }
    return render(request, "metrics/report.html", context, status=422 if errors else 200)


@require_safe
def section(request: HttpRequest, name: str, part: str) -> HttpResponse:
    """One section of a report, as a fragment."""
    spec, scope = report_of(name), _scope(request)
    figures = collected(spec, scope, [part])
    if part not in figures.parts:
        raise NotFound
    found = next(s for s in spec.sections if s.name == part)
    context = {
        "section": _section(found, figures, request),
        "report": spec,
        "scope": figures.scope,
        "left_out": _left_out(figures),
    }
    return render(request, "metrics/_section.html", context)


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _scope(request: HttpRequest, act: str = "view") -> Scope:
    return read_scope(request.GET.dict(), _user(request), acting(request)["at"], act=act, also=PAGE_ONLY)


def _export(request: HttpRequest, spec: Report) -> HttpResponseBase:
    """One table as a file, of the deals that the reader may export."""
    kind = request.GET["export"]
    if kind not in {"csv", "xlsx"}:
        raise Invalid.field("export", _("Choose csv or xlsx."))
    if owners_within(_user(request), "deal", "export") == frozenset():
        raise Forbidden
    tables = collected(spec, _scope(request, "export")).tables
    name = request.GET.get("table") or next(iter(tables))
    if name not in tables:
        raise NotFound
    header, kinds, rows = showing.as_rows(tables[name])
    return file_of(kind, f"{spec.name}-{name}", header, kinds, rows)


def _section(section: Section, figures: Figures, request: HttpRequest) -> dict[str, Any]:
    part = figures.parts.get(section.name)
    address = f"/reports/{figures.report.name}"
    found: dict[str, Any] = {
        "name": section.name,
        "title": section.title,
        "is_ready": part is not None,
        "url": _address(f"{address}/parts/{section.name}", request),
    }
    if part is None:
        return found
    scope = figures.scope
    return found | {
        "totals": [(t.label, showing.total(t, scope)) for t in part.totals if t.is_shown],
        "chart": part.chart and json.dumps(part.chart.option),
        "chart_sentence": part.chart and part.chart.sentence,
        "is_low": part.chart is not None and part.chart.is_low,
        "tables": [
            (showing.shown(t, scope), _address(address, request, export="csv", table=t.name))
            for t in part.tables
        ],
    }


def _address(path: str, request: HttpRequest, **more: str) -> str:
    """The path with the filters in force."""
    given = {k: v for k in FILTERS if (v := request.GET.get(k))} | more
    return f"{path}?{urlencode(given)}" if given else path


def _tab(report: Report, current: str, request: HttpRequest) -> dict[str, Any]:
    return {
        "url": _address(f"/reports/{report.name}", request),
        "label": report.title,
        "active": report.name == current,
    }


def _presets(request: HttpRequest, spec: Report) -> list[dict[str, Any]]:
    """Common periods as links that keep the other filters."""
    now = request.GET.get("from", ""), request.GET.get("to", "")
    found = []
    for span, label in (
        ("", _("This quarter") if spec.name == "forecast" else _("All time")),
        ("this_month", _("This month")),
        ("last_month", _("Last month")),
        *([] if spec.name == "forecast" else [("this_quarter", _("This quarter"))]),
        (
            "next_quarter" if spec.name == "forecast" else "last_quarter",
            _("Next quarter") if spec.name == "forecast" else _("Last quarter"),
        ),
        ("this_year", _("This year")),
    ):
        period = {"from": span, "to": span} if span else {}
        given = {k: v for k in FILTERS if k not in {"from", "to"} and (v := request.GET.get(k))} | period
        url = f"/reports/{spec.name}?{urlencode(given)}" if given else f"/reports/{spec.name}"
        found.append({"url": url, "label": label, "active": now == (span, span)})
    return found


def _choices(scope: Scope) -> dict[str, list[tuple[Any, str]]]:
    """What the filters offer: pipelines, and the people and teams within the reader's reach."""
    assert scope.user is not None
    within = owners_within(scope.user, "deal")
    people = User.objects.order_by("sort_key", "pk")
    teams = Team.objects.order_by("name", "pk")
    if within is not None:
        people = people.filter(pk__in=sorted(within))
        teams = teams.filter(pk__in=teams_below(scope.user.team_id))
    return {
        "pipelines": list(Pipeline.objects.order_by("position", "pk").values_list("pk", "name")),
        "people": list(people.values_list("pk", "name")),
        "teams": list(teams.values_list("pk", "name")),
    }


def _left_out(figures: Figures) -> list[str]:
    return [
        _("%(deals)d deals, %(amount)s") % {"deals": deals, "amount": showing.formats.money(amount, currency)}
        for currency, (deals, amount) in sorted(figures.not_converted.items())
    ]
