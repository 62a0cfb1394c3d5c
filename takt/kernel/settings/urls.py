from django.urls import path

from takt.kernel.settings import views

app_name = "settings"
urlpatterns = [path("settings/rules", views.rules, name="rules")]
