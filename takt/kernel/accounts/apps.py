from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class Config(AppConfig):
    name = "takt.kernel.accounts"
    label = "accounts"

    def ready(self) -> None:
        # Django would write the last sign-in by a signal and its own clock; `note_sign_in` does it.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
