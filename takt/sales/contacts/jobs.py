"""The timer that looks for duplicates among what changed."""

import datetime as dt
from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from takt.kernel.lib.actor import Actor
from takt.sales.contacts.commands.twins import find_twins

MOST_ROUNDS = 200  # of five hundred records; what is left follows ten minutes later


@app.periodic(cron="*/10 * * * *")
@app.task(name="takt.contacts.twins", queue="timers", queueing_lock="contacts.twins")
def look_for_twins(timestamp: int) -> None:
    """Companies and people that were added or changed are compared with all others."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    for kind in ("company", "contact"):
        for _round in range(MOST_ROUNDS):
            if not find_twins(kind, by=Actor(via="timer"), at=at):
                break


def look_now(at: dt.datetime) -> None:
    """Ask the worker to look at once; one search waiting is enough."""
    with suppress(AlreadyEnqueued), transaction.atomic():  # a refusal would break the transaction around
        look_for_twins.configure(queueing_lock="contacts.twins").defer(timestamp=int(at.timestamp()))
