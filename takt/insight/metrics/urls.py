from django.urls import path

from takt.insight.metrics import views

app_name = "metrics"
urlpatterns = [path("reports/<slug:name>", views.report, name="report")]
