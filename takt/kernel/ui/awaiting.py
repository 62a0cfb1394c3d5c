"""A page whose figures the worker is still counting: it asks again by itself, and is shown whole once they are there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_ASKING_AGAIN = "awaited"


def waiting(request: HttpRequest, title: str) -> HttpResponse:
    """The page for as long as nothing has been found."""
    asked = request.GET.copy()
    asked[_ASKING_AGAIN] = "1"
    name = "ui/_awaited.html" if _ASKING_AGAIN in request.GET else "ui/awaited.html"
    return render(request, name, {"title": title, "again": f"{request.path}?{asked.urlencode()}"})


def arrived(request: HttpRequest) -> HttpResponse | None:
    """What a waiting page is told once the figures are there: to be asked for anew, as it was asked for at first."""
    if _ASKING_AGAIN not in request.GET:
        return None
    asked = request.GET.copy()
    del asked[_ASKING_AGAIN]
    url = f"{request.path}?{asked.urlencode()}" if asked else request.path
    return HttpResponse(status=204, headers={"HX-Redirect": url})
