from django.urls import path

from takt.kernel.fields import views

app_name = "fields"
urlpatterns = [
    path("settings/fields", views.index, {"entity": "deal"}, name="fields"),
    path("settings/fields/<slug:entity>", views.index, name="fields_of"),
    path("settings/fields/<int:pk>/edit", views.edit, name="field"),
    path("settings/fields/<int:pk>/place", views.move, name="move_field"),
    path("settings/fields/<int:pk>/retire", views.retire, name="retire_field"),
    path("settings/fields/<int:pk>/restore", views.restore, name="restore_field"),
    path("fields/<slug:entity>/<int:record>", views.of_record, name="fields_of_record"),
]
