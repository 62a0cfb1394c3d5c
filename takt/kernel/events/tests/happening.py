"""A fact and a command for tests of the stream itself."""

import datetime as dt

from takt.kernel.events.facts import Fact, fact, personal
from takt.kernel.events.models import Event
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refused

ABOUT = [("lamp", 1), ("room", 2)]
PERSON = ("contact", 7)


@fact("test.happened", "did something to %(thing)s")
class Happened(Fact):
    thing: str
    phone: str | None = personal()


@command
def happen(thing: str = "the lamp", *, phone: str | None = None, by: Actor, at: dt.datetime) -> None:
    record(Happened(thing=thing, phone=phone), about=ABOUT, by=by, at=at, person=PERSON)


@command
def happen_twice(*, is_refused: bool = False, by: Actor, at: dt.datetime) -> None:
    happen("the lamp", by=by, at=at)
    if is_refused:
        raise Refused
    happen("the table", by=by, at=at)


def happened(by: Actor, at: dt.datetime, **more: str) -> Event:
    """Let it happen and answer the event."""
    happen(by=by, at=at, **more)
    return Event.objects.filter(kind="test.happened").latest("id")
