from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.kernel.files"
    label = "files"
