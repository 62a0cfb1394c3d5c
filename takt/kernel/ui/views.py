from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def gallery(request: HttpRequest) -> HttpResponse:
    """Every atom on one page."""
    return render(request, "ui/gallery.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "<!doctype html><title>Takt</title><h1>Something went wrong</h1>"
        "<p>Nothing was saved by this step. Go back and try again; the administrator finds the cause in the log.</p>",
        status=500,
    )


def manifest(request: HttpRequest) -> HttpResponse:
    from django.http import JsonResponse
    from django.templatetags.static import static

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
