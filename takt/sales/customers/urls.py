from django.urls import path

from takt.sales.customers.views import pages, panel, planning, settings

app_name = "customers"
urlpatterns = [
    path("customers/panel", panel.panel, name="panel"),
    path("customers/segments", pages.segments, name="segments"),
    path("customers/ladder", pages.ladder, name="ladder"),
    path("customers/levels", pages.levels, name="levels"),
    path("customers/lines", pages.lines, name="lines"),
    path("customers/forgotten", pages.forgotten, name="forgotten"),
    path("customers/tasks", planning.tasks, name="tasks"),
    path("settings/customers", settings.index, name="settings"),
    path("settings/customers/weights", settings.weigh, name="weigh"),
    path("settings/customers/judging", settings.add_judging, name="add_judging"),
    path("settings/customers/judging/<int:pk>/remove", settings.remove_judging, name="remove_judging"),
]
