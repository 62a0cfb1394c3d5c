import hashlib
import json
import sys
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_safe


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


SHELL = (
    "ui/theme.js",
    "ui/takt.css",
    "ui/product.css",
    "ui/logo.svg",
    "ui/offline.js",
    "vendor/inter.css",
    "vendor/tabler.min.css",
)
ICON_SIZES = (192, 512)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone or a desktop needs to install Takt as an app, in the reader's language."""
    icons = [
        {
            "src": static(f"ui/icon-{size}{kind}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in ICON_SIZES
        for kind, purpose in (("", "any"), ("-maskable", "maskable"))
    ]
    shortcuts = [
        {"name": gettext("Today"), "url": "/today"},
        {"name": gettext("New deal"), "url": "/deals/new"},
        {"name": gettext("Deals"), "url": "/deals/board"},
    ]
    body = {
        "id": "/",
        "name": "Takt",
        "short_name": "Takt",
        "description": gettext("Deals, customers and the next step of each."),
        "lang": translation.get_language(),
        "start_url": "/today",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#3451d1",
        "icons": [*icons, {"src": static("ui/logo.svg"), "sizes": "any", "type": "image/svg+xml"}],
        "shortcuts": shortcuts,
    }
    answer = JsonResponse(body, content_type="application/manifest+json")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The program that shows a page of our own where there is no network. It keeps that page and nothing else.

    Its text names the files of the shell by their contents, so that a new version of Takt is a new program.
    """
    language = translation.get_language() or "en"
    shell = [f"/offline?lang={language}", *(static(name) for name in SHELL)]
    version = hashlib.sha256(json.dumps([shell, _stamps()]).encode()).hexdigest()[:16]
    text = render_to_string(
        "ui/service-worker.js",
        {"version": version, "shell": json.dumps(shell), "offline": json.dumps(shell[0])},
    )
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@cache
def _stamps() -> list[str]:
    """The contents of the shell's files, for where their addresses don't say them (development)."""
    found = [finders.find(name) for name in SHELL]
    return [hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if path else "" for path in found]


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What stands instead of a page while there is no network; it knows nothing of anybody."""
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"
    with translation.override(language):
        page = render_to_string("ui/offline.html", {"lang": language})
    return HttpResponse(page, headers={"Cache-Control": "no-cache"})
