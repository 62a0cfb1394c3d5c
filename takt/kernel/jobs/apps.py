from importlib import import_module, util

from django.apps import AppConfig, apps

# Declarations that must be known before anything runs, by file name, in every app.
DECLARED_IN = ("events", "subscribers", "participants", "doings", "questions")


class Config(AppConfig):
    name = "takt.kernel.jobs"
    label = "jobs"

    def ready(self) -> None:
        for app in apps.get_app_configs():
            if app.name.startswith("takt."):
                for module in DECLARED_IN:
                    if util.find_spec(f"{app.name}.{module}"):
                        import_module(f"{app.name}.{module}")
