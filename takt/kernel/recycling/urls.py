from django.urls import path

from takt.kernel.recycling import views

app_name = "recycling"
urlpatterns = [
    path("recycle-bin", views.index, name="index"),
    path("recycle-bin/<slug:kind>/restore", views.restore, name="restore"),
    path("recycle-bin/<slug:kind>/purge", views.purge, name="purge"),
]
