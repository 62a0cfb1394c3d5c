from django.urls import path

from takt.office.approvals import views

app_name = "approvals"
urlpatterns = [
    path("approvals", views.index, name="index"),
    path("approvals/waiting", views.waiting, name="waiting"),
    path("approvals/<int:pk>/decide", views.decide, name="decide"),
    path("approvals/<int:pk>/withdraw", views.withdraw, name="withdraw"),
    path("deals/<int:pk>/approval", views.request_approval, name="request"),
    path("deals/<int:pk>/approval/panel", views.panel, name="panel"),
]
