from django.urls import path

from takt.kernel.ui import views

app_name = "ui"
urlpatterns = [
    path("settings/gallery", views.gallery, name="gallery"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("service-worker.js", views.service_worker, name="service_worker"),
    path("offline", views.offline, name="offline"),
]
