"""The timer that learns the words of names, by which mistyped ones are put right."""

import datetime as dt

from django.db import connection
from procrastinate.contrib.django import app

from takt.kernel.lib.actor import Actor
from takt.kernel.lists.commands import gather_words

MANY = 100_000
AT_NIGHT = 3


@app.periodic(cron="*/10 * * * *")
@app.task(name="takt.lists.words", queue="timers", queueing_lock="lists.words")
def learn_words(timestamp: int) -> None:
    """Every ten minutes; where there are many records, which take seconds, once a night."""
    at = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    if _records() < MANY or (at.hour == AT_NIGHT and at.minute < 10):
        gather_words(by=Actor(via="timer"), at=at)


def _records() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(reltuples), 0) FROM pg_class WHERE relname IN ('deal', 'company', 'contact')"
        )
        return int(cursor.fetchone()[0])
