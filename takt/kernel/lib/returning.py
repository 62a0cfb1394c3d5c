"""Where a person goes after a plain form was sent."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def own_path(request: HttpRequest, url: str | None, otherwise: str) -> str:
    """`url` where it leads to a page of this installation, else the other."""
    hosts = {request.get_host()}
    if (
        url
        and len(url) <= 4000
        and url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    ):
        return url
    return otherwise


def back_or(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page named by the form's `_to`, or the one the person came from."""
    named = request.POST.get("_to") or request.headers.get("Referer")
    return HttpResponseRedirect(own_path(request, named, otherwise))
