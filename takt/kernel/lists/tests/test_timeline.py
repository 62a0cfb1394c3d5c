"""The history of a record, and the stream of all."""

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from takt.kernel.events import facts
from takt.kernel.events.facts import Fact, fact, personal
from takt.kernel.events.models import Event, PersonKey
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.kernel.lists import stream as streams
from takt.kernel.lists.stream import stream, wanted
from takt.kernel.lists.timeline import Change, timeline


@pytest.fixture(autouse=True)
def said() -> Any:
    @fact("test.said", "said %(word)s to %(phone)s for %(amount)s")
    class Said(Fact):
        word: str
        amount: str = "1250.50"
        changes: list[dict[str, Any]] | None = None
        phone: str | None = personal()

    yield Said
    del facts.registered["test.said"]


@command
def say(what: Fact, about: Any, *, by: Actor, at: dt.datetime) -> None:
    record(what, about=about, by=by, at=at, person=("contact", 5))


def test_an_entry(anna: Any, at: dt.datetime, said: Any) -> None:
    changes = [{"field": "close_on", "old": None, "new": "2026-03-05"}]
    say(said(word="hello", phone="123", changes=changes), ("pipeline", 1), by=Actor(anna), at=at)
    (entry,) = timeline("pipeline", 1, anna)
    assert (entry.actor, entry.sentence, entry.is_mine) == (anna.name, "said hello to 123 for 1,250.5", True)
    assert entry.changes == [Change("Close on", "–", "5 Mar 2026")]


def test_an_erased_person(anna: Any, at: dt.datetime, said: Any) -> None:
    say(said(word="hello", phone="123"), ("pipeline", 1), by=Actor(anna), at=at)
    PersonKey.objects.all().delete()
    (entry,) = timeline("pipeline", 1, anna)
    assert entry.sentence == "said hello to – for 1,250.5"


def test_an_event_of_a_time_before_its_class(anna: Any, takt: Any, at: dt.datetime, said: Any) -> None:
    say(said(word="x"), ("pipeline", 1), by=takt, at=at)
    kept = facts.registered.pop("test.said")
    (entry,) = timeline("pipeline", 1, anna)
    facts.registered["test.said"] = kept
    assert (entry.actor, entry.sentence) == ("Takt", "test.said")


def test_pages_cover_everything(
    anna: Any, at: dt.datetime, said: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(11):
        say(
            said(word=str(number)),
            ("pipeline", 1),
            by=Actor(anna),
            at=at + dt.timedelta(microseconds=number // 3),
        )
    seen, before = [], None
    while True:
        with django_assert_max_num_queries(3):  # the page, whose deals these may be, the names
            found = timeline("pipeline", 1, anna, before, limit=4)
        seen += [e.id for e in found]
        before = found.next_before
        if before is None:
            break
    assert seen == list(
        Event.objects.filter(kind="test.said").order_by("-at", "-id").values_list("id", flat=True)
    )


@pytest.mark.parametrize("before", ["x", "1-", "9" * 18 + "-1", "1-" + "9" * 19, "١-1"])
@pytest.mark.django_db
def test_an_unreadable_place_is_refused(anna: Any, before: str) -> None:
    with pytest.raises(Invalid):
        timeline("pipeline", 1, anna, before)


@pytest.mark.django_db
def test_an_unknown_part_is_refused(anna: Any) -> None:
    with pytest.raises(Invalid):
        timeline("pipeline", 1, anna, only="everything")


def test_in_the_reader_s_language(anna: Any, at: dt.datetime, said: Any) -> None:
    say(said(word="привет"), ("pipeline", 1), by=Actor(anna), at=at)
    with translation.override("ru"):
        (entry,) = timeline("pipeline", 1, anna)
    assert "250,5" in entry.sentence


@pytest.fixture
def _all_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own transaction runs to its end, so that its events would never be shown."""
    monkeypatch.setattr(streams, "settled", lambda events: events)


@pytest.mark.usefixtures("_all_settled")
def test_the_stream(dora: Any, at: dt.datetime, said: Any) -> None:
    for number in range(5):
        say(said(word=str(number), phone="1"), ("deal", 9), by=Actor(dora), at=at)
    seen, after = [], ""
    while True:
        page = stream(wanted("", "test.said", after, "2"), dora)
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        after = page["next_cursor"]
    assert [i["payload"]["word"] for i in seen] == list("01234")
    assert seen[0]["subjects"] == [{"kind": "deal", "id": 9}]
    assert seen[0]["payload"]["phone"] == "1"
    assert stream(wanted("", "", seen[-1]["cursor"], ""), dora)["items"] == []


def test_an_event_of_a_running_transaction_waits(dora: Any, at: dt.datetime, said: Any) -> None:
    say(said(word="1"), ("deal", 9), by=Actor(dora), at=at)
    assert stream(wanted("", "test.said", "", ""), dora)["items"] == []


def test_the_whole_stream_is_for_those_who_see_everything(anna: Any, boris: Any) -> None:
    for user in (anna, boris):
        with pytest.raises(Forbidden):
            stream(wanted("", "", "", ""), user)
    with pytest.raises(NotFound):
        stream(wanted("deal:1", "", "", ""), anna)
    with pytest.raises(NotFound):
        stream(wanted("setting:1", "", "", ""), anna)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("subject", "deal"),
        ("subject", "deal:" + "9" * 19),
        ("subject", "deal:1\x00"),
        ("kind", "no.such"),
        ("after", "1"),
        ("after", "x:y"),
        ("limit", "0"),
        ("limit", "1e3"),
    ],
)
@pytest.mark.django_db
def test_an_unreadable_question_is_refused(part: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        wanted(**({"subject": "", "kind": "", "after": "", "limit": ""} | {part: text}))
    assert refused.value.errors[0].field == part


def test_a_parent_company_has_its_name(
    admin: Any, anna: Any, carla: Any, api_of: Any, client_of: Any
) -> None:
    program = api_of(admin)
    mine, hers, below = (
        program.post("/companies", {"name": name, "owner": owner}).json()["id"]
        for name, owner in (("Acme", anna.email), ("Hers", carla.email), ("Acme South", anna.email))
    )
    program.patch(f"/companies/{below}", {"parent": mine})
    program.patch(f"/companies/{below}", {"parent": hers})
    changes = [c for entry in timeline("company", below, anna) for c in entry.changes if c.old or c.new]
    assert Change("Parent company", "–", "Acme") in changes
    assert Change("Parent company", "Acme", "Hidden from you") in changes
