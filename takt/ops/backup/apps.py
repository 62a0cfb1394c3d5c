from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.ops.backup"
    label = "backup"
