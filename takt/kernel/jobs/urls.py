from django.urls import path

from takt.kernel.jobs import views

app_name = "jobs"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("settings/jobs", views.failures, name="failures"),
    path("settings/jobs/deliveries/<int:pk>/retry", views.retry_delivery, name="retry_delivery"),
    path("settings/jobs/<int:pk>/retry", views.retry_job, name="retry_job"),
]
