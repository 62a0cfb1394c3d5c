"""A command is one transaction with its events."""

import uuid
from typing import Any

import pytest

from takt.kernel.events.facts import Fact, fact, registered
from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.tests.happening import Happened, happen, happen_twice
from takt.kernel.events.unit import command, record
from takt.kernel.lib.refusals import Refused


def test_nested_commands_join_one_transaction(takt: Any, at: Any, db: Any) -> None:
    happen_twice(by=takt, at=at)
    events = list(Event.objects.order_by("id"))
    assert [e.payload["thing"] for e in events] == ["the lamp", "the table"]
    assert events[0].tx == events[1].tx
    assert events[0].at == at and events[0].recorded_at != at


def test_a_refusal_in_the_middle_leaves_no_event(takt: Any, at: Any, db: Any) -> None:
    with pytest.raises(Refused):
        happen_twice(is_refused=True, by=takt, at=at)
    assert not Event.objects.exists() and not EventSubject.objects.exists()
    happen(by=takt, at=at)
    assert Event.objects.count() == 1


def test_an_event_stands_on_every_timeline(anna: Any, acting_as: Any, at: Any) -> None:
    happen(by=acting_as(anna, "rule:12"), at=at)
    event = Event.objects.get(kind="test.happened")
    assert (event.actor, event.via) == (anna.pk, "rule:12")
    assert {(s.kind, s.object_id) for s in event.subjects.all()} == {("lamp", 1), ("room", 2)}


def test_one_subject_given_twice_is_noted_once(takt: Any, at: Any, db: Any) -> None:
    batch = uuid.uuid4()

    @command
    def doubled(*, by: Any, at: Any) -> None:
        record(Happened(thing="x"), about=[("lamp", 1), None, ("lamp", 1)], by=by, at=at, batch=batch)

    doubled(by=takt, at=at)
    assert EventSubject.objects.count() == 1
    assert Event.objects.get().batch == batch


def test_only_a_command_may_write(takt: Any, at: Any) -> None:
    with pytest.raises(RuntimeError):
        record(Happened(thing="x"), about=("lamp", 1), by=takt, at=at)


def test_a_name_is_declared_once() -> None:
    assert "test.happened" in registered
    with pytest.raises(RuntimeError):

        @fact("test.happened", "again")
        class Again(Fact):
            pass
