from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.kernel.recycling"
    label = "recycling"
