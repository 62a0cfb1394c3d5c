"""Addresses of the colleagues around a deal."""

from django.urls import path

from takt.sales.deals.views import people

urlpatterns = [
    path("deals/<int:pk>/people", people.people, name="people"),
    path("deals/<int:pk>/share", people.share, name="share"),
    path("deals/<int:pk>/share/<int:user>/revoke", people.unshare, name="unshare"),
    path("deals/<int:pk>/participants", people.participants, name="participants"),
    path(
        "deals/<int:pk>/participants/<int:user>/remove", people.remove_participant, name="remove_participant"
    ),
    path("deals/<int:pk>/watchers", people.watchers, name="watchers"),
    path("deals/<int:pk>/watch", people.watch, name="watch"),
]
