from django.urls import path

from takt.kernel.files import views

app_name = "files"
urlpatterns = [
    path("files", views.attach, name="attach"),
    path("files/panel", views.panel, name="panel"),
    path("files/<int:pk>", views.download, name="download"),
    path("files/<int:pk>/delete", views.delete, name="delete"),
]
