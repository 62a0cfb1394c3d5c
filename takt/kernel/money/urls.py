from django.urls import path

from takt.kernel.money import views

app_name = "money"
urlpatterns = [path("settings/rates", views.rates, name="rates")]
