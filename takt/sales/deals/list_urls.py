"""Addresses of the list of deals, of a new deal and of acts on many."""

from django.urls import path

from takt.sales.deals.views import deals

urlpatterns = [
    path("deals", deals.index, name="deals"),
    path("deals/new", deals.new, name="new"),
    path("deals/panel", deals.panel, name="panel"),
    path("deals/bulk/move", deals.move_many, name="move_many"),
    path("deals/bulk/assign", deals.assign_many, name="assign_many"),
    path("deals/bulk/delete", deals.delete_many, name="delete_many"),
]
