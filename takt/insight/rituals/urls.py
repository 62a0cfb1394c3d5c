from django.urls import path

from takt.insight.rituals import views

app_name = "rituals"
urlpatterns = [
    path("standup", views.standup, name="standup"),
    path("standup/<int:team>/start", views.start_stand_up, name="start_stand_up"),
    path("standup/<int:team>/next", views.pass_turn, name="pass_turn"),
    path("standup/words/<int:person>", views.say, name="say"),
    path("standup/span", views.span, name="span"),
    path("practices", views.practices, name="practices"),
    path("practices/keep", views.keep_practice, name="keep_practice"),
    path("practices/<int:pk>/remove", views.remove_practice, name="remove_practice"),
]
