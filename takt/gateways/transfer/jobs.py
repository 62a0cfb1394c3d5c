"""Imports on the worker: one job carries an import to its end, and begins again where a killed one stopped."""

import datetime as dt

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from takt.gateways.transfer import files
from takt.gateways.transfer.models import Import
from takt.gateways.transfer.running import carry_out

FILES_KEPT_DAYS = 30
PATIENCE = 10  # seconds in which an import that was just stopped lets go


@app.task(name="takt.import", queue="imports", pass_context=False)
def run_import(job: int, patience: int = 0) -> None:
    carry_out(job, patience=patience)


def enqueue(job: Import, patience: int = PATIENCE) -> None:
    """Hand an import to the worker, unless a job of it waits already; never do two work on it.

    The queue's own locks aren't used: the job of a killed worker would hold them.
    """
    waiting = ProcrastinateJob.objects.filter(task_name="takt.import", status="todo", args__job=job.pk)
    if not waiting.exists():
        app.configure_task("takt.import", queue="imports").defer(job=job.pk, patience=patience)


@app.periodic(cron="* * * * *")
@app.task(name="takt.import.rescue", queue="timers", queueing_lock="import.rescue")
def rescue(timestamp: int) -> None:
    """Imports whose process was killed go on; one that is in somebody's hand is left alone."""
    for job in Import.objects.filter(state__in=["checking", "running", "undoing"]):
        enqueue(job, patience=0)


@app.periodic(cron="40 4 * * *")
@app.task(name="takt.import.forget_files", queue="timers", queueing_lock="import.forget_files")
def forget_files(timestamp: int) -> None:
    """Uploaded files are kept a month, so that refused rows can still be downloaded."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    for path in files.folder().iterdir():
        if files.is_old(path.name, at, FILES_KEPT_DAYS):
            path.unlink(missing_ok=True)
