"""Addresses of the acts on one deal."""

from django.urls import path

from takt.sales.deals.views import acts

urlpatterns = [
    path("deals/<int:pk>/win", acts.win, name="win"),
    path("deals/<int:pk>/lose", acts.lose, name="lose"),
    path("deals/<int:pk>/reopen", acts.reopen, name="reopen"),
    path("deals/<int:pk>/snooze", acts.snooze, name="snooze"),
    path("deals/<int:pk>/assign", acts.assign, name="assign"),
    path("deals/<int:pk>/pipeline", acts.pipeline, name="change_pipeline"),
    path("deals/<int:pk>/delete", acts.delete, name="delete"),
    path("deals/<int:pk>/restore", acts.restore, name="restore"),
]
