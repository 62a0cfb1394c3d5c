"""Addresses of the list of deals and of a new deal."""

from django.urls import path

from takt.sales.deals.views import deals

urlpatterns = [
    path("deals", deals.index, name="deals"),
    path("deals/new", deals.new, name="new"),
    path("deals/panel", deals.panel, name="panel"),
]
