import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation


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


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The page of a fault: it asks nothing of the database, which may be the fault."""
    page = render_to_string("500.html", {"lang": translation.get_language()}, using="jinja2")
    return HttpResponse(page, status=500)


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
