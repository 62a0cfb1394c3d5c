from django.urls import path

from takt.office.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications", views.index, name="index"),
    path("notifications/count", views.count, name="count"),
    path("notifications/read", views.read, name="read"),
    path("notifications/<int:pk>/open", views.open_one, name="open"),
    path("notifications/<int:pk>/mark", views.mark, name="mark"),
    path("tasks/<int:pk>/reminder", views.reminder, name="reminder"),
    path("tasks/<int:pk>/reminder/send", views.send_reminder, name="send_reminder"),
    path("tasks/<int:pk>/reminder/refuse", views.refuse_reminder, name="refuse_reminder"),
    path("settings/notifications", views.choices, name="choices"),
    path("settings/mail", views.mail, name="mail"),
    path("settings/mail/try", views.try_mail, name="try_mail"),
    path("settings/mail/release", views.release_mail, name="release_mail"),
    path("settings/mail/<int:pk>/retry", views.retry_mail, name="retry_mail"),
    path("settings/mail/<int:pk>/drop", views.drop_mail, name="drop_mail"),
]
