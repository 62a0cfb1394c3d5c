from django.urls import path

from takt.insight.pace import views

app_name = "pace"
urlpatterns = [path("audit/discipline", views.discipline, name="discipline")]
