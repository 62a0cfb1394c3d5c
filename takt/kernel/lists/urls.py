from django.urls import path

from takt.kernel.lists import views

app_name = "lists"
urlpatterns = [
    path("lists/filtered", views.filtered, name="filtered"),
    path("lists/<slug:resource>/columns", views.choose_columns, name="choose_columns"),
    path("lists/<slug:resource>/views", views.save_view, name="save_view"),
    path("views/<int:pk>/rename", views.rename_view, name="rename_view"),
    path("views/<int:pk>/share", views.share_view, name="share_view"),
    path("views/<int:pk>/delete", views.delete_view, name="delete_view"),
    path("timeline/<slug:kind>/<int:pk>", views.timeline, name="timeline"),
    path("search", views.search, name="search"),
    path("search/palette", views.palette, name="palette"),
]
