from django.urls import path

from takt.kernel.undo import views

app_name = "undo"
urlpatterns = [path("undo/<uuid:token>", views.take_back, name="take_back")]
