from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.ops.bench"
    label = "bench"
