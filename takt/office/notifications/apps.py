from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.office.notifications"
    label = "notifications"
