"""The API's root: one router per room, problem documents, bearer tokens."""

from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.shortcuts import render
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import DocsBase
from ninja.utils import check_csrf

from takt.config.settings import ROOT
from takt.kernel.access.middleware import problem
from takt.kernel.access.problems import declare_problems
from takt.kernel.access.programs import UnsupportedMediaType
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Problem, Refusal

ROOMS = (
    "takt.kernel.accounts",
    "takt.kernel.lists",
    "takt.kernel.fields",
    "takt.kernel.files",
    "takt.kernel.money",
    "takt.sales.catalog",
    "takt.sales.activities",
    "takt.sales.contacts",
    "takt.sales.customers",
    "takt.sales.deals",
    "takt.office.approvals",
    "takt.office.notifications",
    "takt.insight.metrics",
    "takt.insight.audits",
    "takt.insight.bonus",
    "takt.insight.rituals",
    "takt.insight.pace",
    "takt.gateways.transfer",
    "takt.gateways.intake",
)
# What an operation takes and answers is worked out when it is first called, not for all of them at the start.
Schema.model_config["defer_build"] = True

PARTS = ("body", "query", "path", "form", "file", "header")
READING = ("GET", "HEAD", "OPTIONS")


def signed_in(request: HttpRequest) -> object:
    """A live token, or the page's own session; a read-only token may not write."""
    if not request.user.is_authenticated:
        return None
    token = getattr(request, "token", None)
    if token is None and check_csrf(request) is not None:
        raise Forbidden
    if token is not None and token.is_read_only and request.method not in READING:
        raise Forbidden
    return request.user


class _Unauthorized(Refusal):
    status = 401
    code = "unauthorized"
    title = "Sign in, or send Authorization: Bearer TOKEN"


class Docs(DocsBase):
    """The documentation from files of our own: the content policy lets a page load nothing from elsewhere."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **parameters: Any) -> HttpResponse:
        return render(request, "ui/api_docs.html", {"address": self.get_openapi_url(api, parameters)})


class Api(NinjaAPI):
    """The API whose document tells the truth about what goes wrong, on every operation alike."""

    made: dict[str, Any] | None = None

    def get_openapi_schema(self, **options: Any) -> Any:  # type: ignore[override]
        """Made once: it says the same for as long as the process lives, and takes seconds to make."""
        if self.made is None:
            schema = declare_problems(super().get_openapi_schema(**options))
            schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"token": []}]
            self.made = schema
        return self.made


api = Api(
    title="Takt",
    version="1",
    auth=signed_in,
    docs=Docs(),
    docs_decorator=lambda view: view,
    urls_namespace="api",
)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(refusal)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        Problem(
            ".".join(str(p) for p in _place(e["loc"])) or "body",
            str(e["type"]),
            str(e["msg"]),
        )
        for e in error.errors
    ]
    if any(e["loc"][0] == "path" for e in error.errors):
        return problem(NotFound())
    return problem(Invalid(errors=errors))


def _place(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where the wrong value stands, as the program sent it: without the part of the request and its Python name."""
    return tuple(p for p in (loc[1:] if loc[0] in PARTS else loc) if p != "payload")


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 401:
        return problem(_Unauthorized())
    if request.content_type == "multipart/form-data":
        return problem(UnsupportedMediaType())
    return problem(Invalid(str(error)))


@api.exception_handler(RawPostDataException)
def form_instead_of_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    """A form was sent, and has been read as one, where the operation takes JSON."""
    return problem(UnsupportedMediaType())


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(_Unauthorized())


for room in ROOMS:
    folder = ROOT / room.replace(".", "/")
    if (folder / "api.py").exists() or (folder / "api").is_dir():
        api.add_router("", import_module(f"{room}.api").router)
