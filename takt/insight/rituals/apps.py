from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.insight.rituals"
    label = "rituals"
