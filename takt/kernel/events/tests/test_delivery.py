"""What follows a fact follows once, is tried again when it fails, and is set aside with its error."""

from collections.abc import Iterator
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from takt.kernel.events import subscribing
from takt.kernel.events.commands import MAX_ATTEMPTS, deliver_all, retry_parked
from takt.kernel.events.models import Delivery, Event, PersonKey
from takt.kernel.events.subscribing import subscriber, wanted_kinds
from takt.kernel.events.tests.happening import happened
from takt.kernel.lib.actor import Actor


@pytest.fixture(autouse=True)
def _own_subscriptions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(subscribing.subscriptions):
        monkeypatch.delitem(subscribing.subscriptions, name)
    wanted_kinds.cache_clear()
    yield
    for name in [n for n in subscribing.subscriptions if __name__ in n]:
        del subscribing.subscriptions[name]
    wanted_kinds.cache_clear()


def test_an_effect_happens_once_however_often_it_is_dispatched(takt: Any, at: Any, db: Any) -> None:
    seen: list[int] = []

    @subscriber("test.happened")
    def effect(event: Event) -> None:
        seen.append(event.pk)

    event = happened(takt, at)
    for _again in range(3):
        assert deliver_all([event.pk], at=at) == 0
    assert seen == [event.pk]
    assert Delivery.objects.get().state == "done"


def test_a_failing_effect_is_tried_again_then_parked_with_its_error(takt: Any, at: Any, db: Any) -> None:
    tries: list[int] = []

    @subscriber("test.happened")
    def effect(event: Event) -> None:
        tries.append(event.pk)
        PersonKey.objects.create(kind="x", object_id=len(tries), key=b"")  # undone with the failure
        raise ValueError("the lamp is broken")

    event = happened(takt, at)
    for _try in range(MAX_ATTEMPTS - 1):
        assert deliver_all([event.pk], at=at) == 1
    assert deliver_all([event.pk], at=at) == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == ("parked", MAX_ATTEMPTS)
    assert "the lamp is broken" in row.error
    assert not PersonKey.objects.exists()
    deliver_all([event.pk], at=at)
    assert len(tries) == MAX_ATTEMPTS


def test_a_parked_one_is_taken_up_again(takt: Any, at: Any, db: Any) -> None:
    seen: list[int] = []

    @subscriber("test.happened")
    def effect(event: Event) -> None:
        if len(seen) < MAX_ATTEMPTS:
            seen.append(event.pk)
            raise ValueError
        seen.append(event.pk)

    event = happened(takt, at)
    for _try in range(MAX_ATTEMPTS):
        deliver_all([event.pk], at=at)
    before = ProcrastinateJob.objects.count()
    retry_parked(Delivery.objects.get().pk, by=takt, at=at)
    assert ProcrastinateJob.objects.count() == before + 1
    assert deliver_all([event.pk], at=at) == 0
    row = Delivery.objects.get()
    assert (row.state, row.error) == ("done", "")


def test_one_failure_holds_nobody_else_up(takt: Any, at: Any, db: Any) -> None:
    seen: list[int] = []

    @subscriber("test.happened")
    def breaks(event: Event) -> None:
        raise ValueError

    @subscriber("test.happened")
    def works(event: Event) -> None:
        seen.append(event.pk)

    event = happened(takt, at)
    assert deliver_all([event.pk], at=at) == 1
    assert deliver_all([event.pk], at=at) == 1
    assert seen == [event.pk]


@pytest.mark.parametrize("via", ["import:9", "demo", "restore"])
def test_the_past_reaches_only_those_who_ask_for_it(via: str, at: Any, db: Any) -> None:
    seen: list[str] = []

    @subscriber("test.happened")
    def mail(event: Event) -> None:
        seen.append("mail")

    @subscriber("test.happened", historic=True)
    def rollup(event: Event) -> None:
        seen.append("rollup")

    event = happened(Actor(via=via), at)
    deliver_all([event.pk], at=at)
    assert seen == ["rollup"]


def test_a_fact_nobody_follows_makes_no_job(takt: Any, at: Any, db: Any) -> None:
    happened(takt, at)
    assert not ProcrastinateJob.objects.exists()

    @subscriber("test.happened")
    def mail(event: Event) -> None: ...

    happened(Actor(via="import:1"), at)
    assert not ProcrastinateJob.objects.exists()
    happened(takt, at)
    assert ProcrastinateJob.objects.get().task_name == "takt.dispatch"
