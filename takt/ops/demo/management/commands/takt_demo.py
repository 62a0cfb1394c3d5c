"""`takt_demo load`: the demo company into an empty database, its passwords into the data folder."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from takt.kernel.lib.actor import Actor
from takt.ops.demo import sign_ins
from takt.ops.demo.commands import load_demo


class Command(BaseCommand):
    help = "Load the demo company into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["load"])
        parser.add_argument("--language", default=settings.LANGUAGE_CODE)

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            passwords = load_demo(options["language"], by=Actor(via="demo"), at=dt.datetime.now(dt.UTC))
        sign_ins.keep(passwords)
