from django.urls import path

from takt.gateways.transfer import views

app_name = "transfer"
urlpatterns = [
    path("import", views.index, name="index"),
    path("import/<int:pk>", views.show, name="import"),
    path("import/<int:pk>/set-up", views.set_up, name="set_up"),
    path("import/<int:pk>/start", views.start, name="start"),
    path("import/<int:pk>/stop", views.stop, name="stop"),
    path("import/<int:pk>/undo", views.undo, name="undo"),
    path("import/<int:pk>/delete", views.delete, name="delete"),
    path("import/<int:pk>/progress", views.progress, name="progress"),
    path("import/<int:pk>/refused.csv", views.refused, name="refused"),
    path("import/<int:pk>/<int:number>/refused.csv", views.refused, name="refused_of"),
    path("import/mappings/<int:pk>/delete", views.delete_mapping, name="delete_mapping"),
]
