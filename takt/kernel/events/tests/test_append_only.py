"""The record of what happened is never changed, whoever asks."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.tests.happening import happened


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET kind = 'other'",
        "DELETE FROM event",
        "TRUNCATE event CASCADE",
        "UPDATE event_subject SET object_id = 9",
        "DELETE FROM event_subject",
        "TRUNCATE event_subject",
    ],
)
def test_the_database_itself_refuses(statement: str, takt: Any, at: Any, db: Any) -> None:
    happened(takt, at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE"
        )  # as at a commit: no check stands in the statement's way
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert Event.objects.get().kind == "test.happened"
    assert EventSubject.objects.count() == 2
