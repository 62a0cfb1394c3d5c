"""The page of a report; its later parts come as fragments when they are scrolled to."""

import datetime as dt
import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from takt.insight.metrics.questions import part_of
from takt.insight.metrics.reports import REPORTS, figures, report_named
from takt.insight.metrics.reports.asking import scope_of, teams_within
from takt.insight.metrics.reports.charts import chart
from takt.insight.metrics.reports.groups import TITLES
from takt.insight.metrics.reports.scope import Scope
from takt.insight.metrics.reports.slices import CUTS
from takt.kernel.access.reach import owners_within
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.lists.export import file_of
from takt.kernel.ui import formats

LONG = 8  # names beside lying bars that need a higher picture
FILTERS = ("from", "to", "pipeline", "owner", "team", "as_of", "by", "over")


@require_safe
def report(request: HttpRequest, name: str) -> HttpResponseBase:
    found = report_named(name)
    part = request.GET.get("part", "")
    if part and part not in found.parts:
        raise NotFound
    errors: dict[str, str] = {}
    given = {key: request.GET[key] for key in FILTERS if key in request.GET}
    try:
        scope = _scope(request, given)
    except Invalid as refusal:
        if part or "export" in request.GET:
            raise
        errors = {error.field: str(error.message) for error in refusal.errors}
        given = {key: value for key, value in given.items() if key not in errors}
        scope = _scope(request, given)
    if request.GET.get("export") == "csv":
        return _export(request, name, scope, part)
    first = next(iter(found.parts))
    context = _part(request, name, scope, given, part or first)
    if part:
        return render(request, "metrics/_part.html", context)
    context |= {
        "report": found,
        "tabs": [_tab(request, one, name) for one in REPORTS],
        "filters": _filters(request, name, scope, errors),
        "later": [
            {"key": key, "title": found.titles[key], "url": _address(request, part=key)}
            for key in found.parts
            if key != first
        ],
        "export_url": _address(request, export="csv"),
    }
    return render(request, "metrics/report.html", context, status=422 if errors else 200)


def _scope(request: HttpRequest, given: dict[str, str]) -> Scope:
    return scope_of(request.user, given, at=timezone.now())  # type: ignore[arg-type]


def _part(request: HttpRequest, name: str, scope: Scope, given: dict[str, str], part: str) -> dict[str, Any]:
    """The figures as the page shows them; while the worker still counts, only that it does."""
    kept = part_of(name, part, given, user=request.user, at=timezone.now())  # type: ignore[arg-type]
    title = report_named(name).titles[part]
    if kept.value is None:
        url = _address(request, part=part)
        return {
            "part": part,
            "title": title,
            "figures": None,
            "awaited_at": url,
            "currency": settings.TAKT_CURRENCY,
        }
    found = kept.value
    if scope.moment:
        _unlink(found["tables"])
    option = chart(part, found["tables"], found["currency"])
    lang = get_language() or "en"
    return {
        "part": part,
        "figures": found,
        "title": title,
        "made_at": kept.made_at,
        "is_awaited": kept.is_awaited,
        "currency": found["currency"],
        "not_converted": _not_converted(found["not_converted"]),
        "chart": json.dumps(option, ensure_ascii=False) if option else "",
        "is_long": option is not None and len(option["yAxis"].get("data", ())) > LONG,
        "cell": lambda value, kind: cell(value, kind, found["currency"], lang),
    }


def _unlink(tables: list[dict[str, Any]]) -> None:
    """The lists of deals show today's, so past figures lead to none of them."""
    for table in tables:
        for row in table["rows"]:
            row.pop("deals", None)


def _not_converted(left: list[dict[str, Any]]) -> str:
    """The sentence under the figures: how many deals no sum holds, and in which currencies."""
    if not left:
        return ""
    count = sum(one["deals"] for one in left)
    sentence = ngettext(
        "%(num)d deal is not converted and not in the sums: there is no rate for %(currencies)s.",
        "%(num)d deals are not converted and not in the sums: there is no rate for %(currencies)s.",
        count,
    )
    return sentence % {"num": count, "currencies": ", ".join(one["currency"] for one in left)}


@lru_cache(maxsize=5_000)
def cell(value: Any, kind: str, currency: str, lang: str) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return ""
    match kind:
        case "money":
            return formats.money(value, currency, lang=lang)
        case "rate":
            return formats.percent(value, lang=lang)
        case "count" | "days" | "own_money":
            return formats.number(value, lang)
        case "date":
            return formats.date(dt.date.fromisoformat(value), lang)
    return str(value)


def _address(request: HttpRequest, **more: str) -> str:
    asked = request.GET.copy()
    for key in ("part", "export"):
        asked.pop(key, None)
    for key, value in more.items():
        asked[key] = value
    return f"{request.path}?{asked.urlencode()}"


def _tab(request: HttpRequest, one: str, name: str) -> dict[str, Any]:
    asked = {key: request.GET[key] for key in FILTERS[:6] if request.GET.get(key)}
    query = request.GET.copy()
    query.clear()
    query.update(asked)
    url = f"/reports/{one}" + (f"?{query.urlencode()}" if asked else "")
    return {"url": url, "label": REPORTS[one].title, "active": one == name}


CHOICES = """SELECT 'pipeline' AS kind, id, name, row_number() OVER (ORDER BY position, id) AS place FROM pipeline
    UNION ALL SELECT 'owner', id, name, row_number() OVER (ORDER BY sort_key, id) FROM "user"
        WHERE is_active AND (%s OR id = ANY(%s))
    UNION ALL SELECT 'team', id, name, row_number() OVER (ORDER BY name, id) FROM team WHERE %s OR id = ANY(%s)
    ORDER BY kind, place"""


def _choices(scope: Scope) -> dict[str, list[tuple[int, str]]]:
    """What the filter offers: pipelines, and the people and teams within the reader's reach."""
    people, teams = owners_within(scope.user, "deal"), teams_within(scope.user)
    found: dict[str, list[tuple[int, str]]] = {"pipeline": [], "owner": [], "team": []}
    with connection.cursor() as cursor:
        asked = [people is None, sorted(people or ()), teams is None, sorted(teams or ())]
        cursor.execute(CHOICES, asked)
        for kind, pk, name, _place in cursor.fetchall():
            found[kind].append((pk, name))
    return found


def _filters(request: HttpRequest, name: str, scope: Scope, errors: dict[str, str]) -> list[dict[str, Any]]:
    """The form above the figures; only what changes them in this report."""
    choices = _choices(scope)
    asked = request.GET
    fields: list[dict[str, Any]] = [
        {"name": "from", "label": _("From"), "kind": "date", "value": asked.get("from", "")},
        {"name": "to", "label": _("To"), "kind": "date", "value": asked.get("to", "")},
        {
            "name": "pipeline",
            "label": _("Pipeline"),
            "kind": "select",
            "value": scope.pipeline or "",
            "options": [("", _("All pipelines")), *choices["pipeline"]],
        },
    ]
    if len(choices["owner"]) > 1:
        owners = [("", _("Everybody")), *choices["owner"]]
        fields.append(
            {
                "name": "owner",
                "label": _("Owner"),
                "kind": "select",
                "value": scope.owner or "",
                "options": owners,
            }
        )
    if len(choices["team"]) > 1:
        teams = [("", _("All teams")), *choices["team"]]
        fields.append(
            {
                "name": "team",
                "label": _("Team"),
                "kind": "select",
                "value": scope.team or "",
                "options": teams,
            }
        )
    as_of = asked.get("as_of", "")
    kind = "text" if len(as_of) > len("2026-03-31") else "date"
    fields.append({"name": "as_of", "label": _("As of"), "kind": kind, "value": as_of})
    if name in {"cycle", "funnel"}:
        options = [(by, title()) for by, title in TITLES.items() if name == "cycle" or by in CUTS]
        fields.append(
            {"name": "by", "label": _("Compare"), "kind": "select", "value": scope.by, "options": options}
        )
    if name == "cycle":
        over = ",".join(str(days) for days in scope.over)
        fields.append({"name": "over", "label": _("Older than, days"), "kind": "text", "value": over})
    plain: dict[str, Any] = {"options": []}
    return [{**plain, **field, "error": errors.get(str(field["name"]), "")} for field in fields]


def _export(request: HttpRequest, name: str, scope: Scope, part: str) -> HttpResponseBase:
    """All tables one under another, each row led by its table's title."""
    if owners_within(scope.user, "deal", "export") != owners_within(scope.user, "deal"):
        raise Forbidden
    found = figures(name, scope, [part] if part else None)
    width = max((len(table["columns"]) for table in found["tables"]), default=0)
    header = [_("Table"), *[""] * width]
    rows: list[list[Any]] = []
    for table in found["tables"]:
        rows.append([table["title"], *[column["label"] for column in table["columns"]]])
        for row in table["rows"]:
            rows.append([table["title"], *[row.get(column["key"]) for column in table["columns"]]])
    said = [_not_converted(found["not_converted"]), *[note["text"] for note in found["notes"]]]
    rows += [[sentence, *[""] * width] for sentence in said if sentence]
    return file_of("csv", name, header, ["text"] * (width + 1), rows)
