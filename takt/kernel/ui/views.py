import json
import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext


def gallery(request: HttpRequest) -> HttpResponse:
    """Every atom on one page."""
    days = ["1", "2", "3", "4", "5"]
    chart = {
        "grid": {"left": 40, "right": 16, "top": 16, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": days},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "fn:number"}},
        "series": [
            {"type": "bar", "data": [31, 34, 28, 36, 17], "barWidth": 16},
            {"type": "line", "data": [35] * 5, "showSymbol": False, "lineStyle": {"type": "dashed"}},
        ],
    }
    return render(request, "ui/gallery.html", {"chart": json.dumps(chart)})


def _asks_for_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


def _problem(status: int, title: str, detail: str, code: str, **headers: str) -> HttpResponse:
    body = {
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, "errors": [],
    }  # fmt: skip
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if _asks_for_json(request):
        sentence = gettext("There is no such record")
        return _problem(404, sentence, sentence, "not_found")
    return render(request, "404.html", status=404)


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that can't be taken at all: more than a request may bring, or broken in its form."""
    is_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    status, code = (413, "too_large") if is_large else (400, "bad_request")
    sentence = gettext("This request can't be read.")
    if is_large:
        sentence = gettext("What was sent is too large. Send less at once.")
    if _asks_for_json(request):
        return _problem(status, sentence, sentence, code)
    context = {"lang": translation.get_language(), "title": sentence, "detail": ""}
    return HttpResponse(render_to_string("500.html", context, using="jinja2"), status=status)


def broken(request: HttpRequest) -> HttpResponse:
    """The page of a fault: it asks nothing of the database, which may be the fault (then it is a 503)."""
    is_away = isinstance(sys.exception(), OperationalError | InterfaceError)
    status = 503 if is_away else 500
    headers = {"Retry-After": "5"} if is_away else {}
    title = gettext("The database does not answer") if is_away else gettext("Something went wrong")
    detail = gettext("Something went wrong. Nothing was saved by this step; try again.")
    if is_away:  # whether a commit went through just before isn't known
        detail = gettext("It will be back in a moment. Look what was saved, then repeat your last step.")
    if _asks_for_json(request):
        code = "database_unavailable" if is_away else "broken"
        return _problem(status, title, detail, code, **headers)
    context = {"lang": translation.get_language(), "title": title, "detail": detail if is_away else ""}
    return HttpResponse(render_to_string("500.html", context, using="jinja2"), status=status, headers=headers)


def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to put Takt on its home screen."""
    body = {
        "name": "Takt",
        "short_name": "Takt",
        "start_url": "/today",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#3451d1",
        "icons": [{"src": static("ui/logo.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(body, content_type="application/manifest+json")
