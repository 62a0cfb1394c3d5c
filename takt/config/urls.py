"""Where every page stands; each app brings its own addresses."""

from django.urls import URLPattern, URLResolver, include, path
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
    "takt.gateways.transfer",
    "takt.gateways.intake",
    "takt.ops.demo",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/today", query_string=False)),
    *[
        path("", include(f"{room}.urls"))
        for room in ROOMS
        if (ROOT / room.replace(".", "/") / "urls.py").exists()
    ],
]
urlpatterns.append(path("", include("takt.sales.deals.pipeline_urls")))
if (ROOT / "takt/config/api.py").exists():
    from takt.config.api import api

    urlpatterns.append(path("api/v1/", api.urls))
handler400 = "takt.kernel.ui.views.refused"
handler404 = "takt.kernel.ui.views.not_found"
handler500 = "takt.kernel.ui.views.broken"
