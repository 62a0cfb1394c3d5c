from django.apps import AppConfig


class Config(AppConfig):
    name = "takt.office.approvals"
    label = "approvals"
