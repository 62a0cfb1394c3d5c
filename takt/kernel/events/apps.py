from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.kernel.events"
    label = "events"
