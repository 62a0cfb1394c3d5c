from django.urls import path

from takt.sales.activities import views

app_name = "activities"
urlpatterns = [
    path("settings/absences", views.absences, name="absences"),
    path("settings/absences/<int:pk>", views.absence, name="absence"),
    path("settings/absences/<int:pk>/end", views.end_absence, name="end_absence"),
]
