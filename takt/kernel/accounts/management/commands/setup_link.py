from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from takt.kernel.accounts.queries import is_set_up, set_up_token


class Command(BaseCommand):
    help = "Prints the one-time link by which the first administrator sets Takt up."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_set_up():
            raise CommandError("Takt already has an administrator.")
        self.stdout.write(settings.TAKT_BASE_URL + reverse("accounts:set_up", args=[set_up_token()]))
