from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.insight.metrics"
    label = "metrics"
