import datetime as dt
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app

from takt.kernel.jobs.commands import beat, rescue_stalled
from takt.kernel.jobs.running import middlewares
from takt.kernel.lib.actor import Actor


class Command(BaseCommand):
    # Looking at every address of the product first would load all its pages and the API, a third of the memory here.
    requires_system_checks: list[str] = []
    help = "Runs background work: what follows events, timers, imports. Stops gracefully on SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)
        parser.add_argument(
            "--shutdown-graceful-timeout",
            type=float,
            default=20.0,
            help="seconds that running jobs are given",
        )
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        timer, at = Actor(via="timer"), dt.datetime.now(dt.UTC)
        beat(by=timer, at=at)
        rescue_stalled(by=timer, at=at)
        # A worker of its own connection: `app` keeps Django's, so that a job deferred inside a command is
        # part of the command's transaction here too (replacing the connector would commit it apart).
        app.with_connector(app.connector.get_worker_connector()).run_worker(  # type: ignore[attr-defined]
            concurrency=options["concurrency"],
            wait=not options["once"],
            name="takt",
            delete_jobs="successful",
            fetch_job_polling_interval=5.0,
            shutdown_graceful_timeout=options["shutdown_graceful_timeout"],
            task_middleware=middlewares,
        )
