"""Imports on the worker: one job carries an import to its end, and begins again where a killed one stopped."""

import datetime as dt
from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from takt.gateways.transfer import files
from takt.gateways.transfer.models import Import
from takt.gateways.transfer.running import carry_out

FILES_KEPT_DAYS = 30


@app.task(name="takt.import", queue="imports", pass_context=False)
def run_import(job: int) -> None:
    carry_out(job, wait=False)


def enqueue(job: Import) -> None:
    """Hand an import to the worker; it has at most one job waiting, and never two at work."""
    name = f"import:{job.pk}"
    with suppress(AlreadyEnqueued), transaction.atomic():  # a refusal would break the transaction around
        app.configure_task("takt.import", queue="imports", lock=name, queueing_lock=name).defer(job=job.pk)


@app.periodic(cron="* * * * *")
@app.task(name="takt.import.rescue", queue="timers", queueing_lock="import.rescue")
def rescue(timestamp: int) -> None:
    """Imports whose process was killed go on; one that is in somebody's hand is left alone."""
    for job in Import.objects.filter(state__in=["checking", "running", "undoing"]):
        enqueue(job)


@app.periodic(cron="40 4 * * *")
@app.task(name="takt.import.forget_files", queue="timers", queueing_lock="import.forget_files")
def forget_files(timestamp: int) -> None:
    """Uploaded files are kept a month, so that refused rows can still be downloaded."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    for path in files.folder().iterdir():
        if files.is_old(path.name, at, FILES_KEPT_DAYS):
            path.unlink(missing_ok=True)
