"""Where every page stands; each app brings its own addresses."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from takt.config.settings import ROOT

ROOMS = (
    "takt.kernel.ui",
    "takt.kernel.accounts",
    "takt.kernel.jobs",
    "takt.kernel.settings",
    "takt.kernel.money",
    "takt.kernel.undo",
    "takt.kernel.lists",
    "takt.kernel.fields",
    "takt.kernel.files",
    "takt.kernel.recycling",
    "takt.sales.catalog",
    "takt.sales.contacts",
    "takt.sales.activities",
    "takt.sales.customers",
    "takt.sales.deals",
    "takt.office.notifications",
    "takt.office.approvals",
    "takt.insight.metrics",
    "takt.insight.audits",
    "takt.insight.bonus",
    "takt.insight.pace",
    "takt.insight.rituals",
    "takt.gateways.transfer",
    "takt.gateways.intake",
    "takt.ops.demo",
)


class LateAddresses(URLResolver):
    """Addresses whose module is loaded when the first of them is asked for: the API with all its types is a third of
    a web process's memory and half of its start, and many an office never calls it."""

    def _populate(self) -> None:
        if "urlconf_module" in self.__dict__:
            super()._populate()

    @property
    def reverse_dict(self) -> Any:
        self.urlconf_module  # noqa: B018
        return super().reverse_dict


urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/today", query_string=False)),
    *[
        path("", include(f"{room}.urls"))
        for room in ROOMS
        if (ROOT / room.replace(".", "/") / "urls.py").exists()
    ],
]
urlpatterns.append(path("", include("takt.sales.deals.pipeline_urls")))
urlpatterns.append(
    LateAddresses(RoutePattern("api/v1/"), "takt.config.api_urls", app_name="ninja", namespace="api")
)
handler400 = "takt.kernel.ui.views.refused"
handler404 = "takt.kernel.ui.views.not_found"
handler500 = "takt.kernel.ui.views.broken"
