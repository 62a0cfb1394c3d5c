"""What HTTP itself asks of an API, whatever the operation: HEAD, OPTIONS, and refusals by form as problem documents."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from takt.kernel.access.middleware import problem
from takt.kernel.lib.refusals import Refusal

type Next = Callable[[HttpRequest], HttpResponse]

WRITING = ("POST", "PUT", "PATCH")
FORMS = ("", "application/json", "multipart/form-data")


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"
    title = _("This address doesn't take this method; the header Allow names those it takes.")


class UnsupportedMediaType(Refusal):
    status = 415
    code = "unsupported_media_type"
    title = _("Send JSON, with the header Content-Type: application/json.")


def programs(get_response: Next) -> Next:
    """HEAD is GET without a body, OPTIONS tells the methods, and no refusal is a page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return get_response(request)
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"
        response = problem(UnsupportedMediaType()) if _is_no_json(request) else get_response(request)
        if response.status_code == 405:
            response = _allowing(response.headers.get("Allow", ""), is_asked=asked == "OPTIONS")
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if asked == "HEAD":
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    return middleware


def _is_no_json(request: HttpRequest) -> bool:
    has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
    kind = request.content_type or ""
    return request.method in WRITING and has_body and kind not in FORMS and not kind.endswith("+json")


def _allowing(methods: str, *, is_asked: bool) -> HttpResponse:
    found = {name.strip() for name in methods.split(",") if name.strip()} | {"OPTIONS"}
    if "GET" in found:
        found.add("HEAD")
    response = HttpResponse(status=204) if is_asked else problem(MethodNotAllowed())
    response.headers["Allow"] = ", ".join(sorted(found))
    return response
