from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.sales.deals"
    label = "deals"
