from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.insight.bonus"
    label = "bonus"
