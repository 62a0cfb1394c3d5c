from django.urls import path

from takt.kernel.lists.views import bulk, cells, pages

app_name = "lists"
urlpatterns = [
    path("lists/filtered", pages.filtered, name="filtered"),
    path("lists/bulk/<int:pk>", bulk.run, name="bulk_run"),
    path("lists/bulk/<int:pk>/stop", bulk.stop, name="stop_bulk"),
    path("lists/<slug:resource>/columns", pages.choose_columns, name="choose_columns"),
    path("lists/<slug:resource>/widths", cells.widths, name="set_widths"),
    path("lists/<slug:resource>/start", cells.opens_with, name="open_with"),
    path("lists/<slug:resource>/views", pages.save_view, name="save_view"),
    path("lists/<slug:resource>/bulk/<slug:act>", bulk.act, name="bulk_act"),
    path("lists/<slug:resource>/<int:pk>/<slug:column>", cells.cell, name="cell"),
    path("views/<int:pk>/rename", pages.rename_view, name="rename_view"),
    path("views/<int:pk>/share", pages.share_view, name="share_view"),
    path("views/<int:pk>/delete", pages.delete_view, name="delete_view"),
    path("timeline/<slug:kind>/<int:pk>", pages.timeline, name="timeline"),
    path("search", pages.search, name="search"),
    path("search/palette", pages.palette, name="palette"),
]
