"""Addresses of the deal's own page."""

from django.urls import path

from takt.sales.deals.views import inline, page, place, qualification

urlpatterns = [
    path("deals/<int:pk>", page.show, name="page"),
    path("deals/<int:pk>/place", place.show, name="place"),
    path("deals/<int:pk>/edit", page.edit, name="edit"),
    path("deals/<int:pk>/contacts", page.contacts, name="contacts"),
    path("deals/<int:pk>/field/<str:name>", inline.field, name="field"),
    path("deals/competitors/pick", inline.competitors, name="pick_competitor"),
    path("deals/<int:pk>/qualification", qualification.panel, name="qualification"),
    path("deals/<int:pk>/contacts/<int:contact>/replace", page.replace, name="replace_contact"),
    path("deals/<int:pk>/contacts/<int:contact>/lead", page.lead, name="lead_contact"),
    path("deals/<int:pk>/contacts/<int:contact>/detach", page.detach, name="detach"),
    path("deals/<int:pk>/lines", page.lines, name="lines"),
]
