"""Addresses of the deal's own page."""

from django.urls import path

from takt.sales.deals.views import inline, page

urlpatterns = [
    path("deals/<int:pk>", page.show, name="page"),
    path("deals/<int:pk>/edit", page.edit, name="edit"),
    path("deals/<int:pk>/contacts", page.contacts, name="contacts"),
    path("deals/<int:pk>/contacts/<int:contact>/detach", page.detach, name="detach"),
    path("deals/<int:pk>/contacts/<int:contact>/replace", page.replace, name="replace"),
    path("deals/<int:pk>/contacts/<int:contact>/primary", page.primary, name="primary"),
    path("deals/<int:pk>/lines", page.lines, name="lines"),
    path("deals/<int:pk>/lines/sums", page.line_sums, name="line_sums"),
    path("deals/<int:pk>/field/<str:key>", inline.edit_field, name="edit_field"),
    path("deals/<int:pk>/qualification", page.qualification, name="qualification"),
]
