from django.urls import path

from takt.gateways.intake import views

app_name = "intake"
urlpatterns = [
    path("f/<slug:key>", views.public, name="public"),
    path("settings/web-forms", views.index, name="web_forms"),
    path("settings/web-forms/new", views.new, name="new_web_form"),
    path("settings/web-forms/<int:pk>", views.edit, name="web_form"),
    path("settings/web-forms/<int:pk>/switch", views.switch, name="switch_web_form"),
]
