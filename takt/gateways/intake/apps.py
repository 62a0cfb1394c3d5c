from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.gateways.intake"
    label = "intake"
