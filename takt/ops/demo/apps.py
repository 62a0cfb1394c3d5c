from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.ops.demo"
    label = "demo"
