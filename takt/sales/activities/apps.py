from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.sales.activities"
    label = "activities"
