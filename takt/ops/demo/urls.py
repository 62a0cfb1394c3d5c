from django.urls import path

from takt.ops.demo import views

app_name = "demo"
urlpatterns = [path("settings/demo", views.remove, name="remove")]
