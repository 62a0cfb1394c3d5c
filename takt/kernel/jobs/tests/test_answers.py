"""What takes long is found by the worker, kept for a while, and never given to eyes that may see less."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from takt.kernel.access.commands import give
from takt.kernel.access.reach import sight_of
from takt.kernel.jobs import answers
from takt.kernel.jobs.answers import answer, question
from takt.kernel.jobs.commands import forget_old_answers
from takt.kernel.jobs.jobs import find
from takt.kernel.jobs.models import KeptAnswer
from takt.kernel.lib.actor import Actor

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
TIMER = Actor(via="timer")


@pytest.fixture
def asked(monkeypatch: Any) -> Iterator[dict[str, Any]]:
    """A question whose answer and slowness the test sets."""
    now: dict[str, Any] = {"value": 1, "seconds": 0.0, "sees": "all"}

    @question("test.count", sight=lambda user: [now["sees"]])
    def count(user: Any, *, at: dt.datetime, of: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [now["seconds"]])
        return {"of": of, "found": now["value"]}

    monkeypatch.setattr(answers, "is_large", lambda: True)
    monkeypatch.setattr(answers, "PATIENCE_MS", 30)
    yield now
    answers._questions.pop("test.count")


def ask(user: Any, at: dt.datetime, of: str = "deals") -> answers.Answer:
    return answer("test.count", {"of": of}, user=user, at=at)


def work() -> None:
    """The worker answers what waits."""
    for job in ProcrastinateJob.objects.filter(task_name="takt.answer", status="todo"):
        find(**job.args)
    ProcrastinateJob.objects.filter(task_name="takt.answer").delete()


def test_what_is_found_at_once_is_found_anew(asked: Any, anna: Any, at: dt.datetime) -> None:
    assert ask(anna, at) == answers.Answer({"of": "deals", "found": 1})
    asked["value"] = 2
    assert ask(anna, at).value["found"] == 2 and not KeptAnswer.objects.exists()


def test_a_small_organisation_waits_for_nothing(
    asked: Any, anna: Any, at: dt.datetime, monkeypatch: Any
) -> None:
    monkeypatch.undo()
    asked["seconds"] = 0.05
    monkeypatch.setattr(answers, "PATIENCE_MS", 1)
    assert ask(anna, at).value["found"] == 1 and not KeptAnswer.objects.exists()


def test_what_takes_long_is_the_workers_and_is_asked_for_once(asked: Any, anna: Any, at: dt.datetime) -> None:
    asked["seconds"] = 0.1
    assert ask(anna, at) == ask(anna, at) == answers.Answer(None, None, True)
    assert ProcrastinateJob.objects.filter(task_name="takt.answer", status="todo").count() == 1
    work()
    now = dt.datetime.now(dt.UTC)
    found = ask(anna, now)
    assert found.value == {"of": "deals", "found": 1} and found.made_at is not None and not found.is_awaited
    # Older than a minute, and than twenty times what it took: still shown with its time, and asked for anew, once.
    asked["value"] = 2
    later = now + 2 * MINUTE
    for _ in range(3):
        old = ask(anna, later)
        assert old.value["found"] == 1 and old.is_awaited and old.made_at == found.made_at
    assert ProcrastinateJob.objects.filter(task_name="takt.answer", status="todo").count() == 1
    work()
    assert ask(anna, dt.datetime.now(dt.UTC)).value["found"] == 2
    # What is a day old is not shown any more.
    assert ask(anna, now + dt.timedelta(days=2)).value is None


def test_many_short_questions_that_together_take_long_are_kept(
    asked: Any, anna: Any, at: dt.datetime
) -> None:
    asked["seconds"] = 0.02

    @question("test.twice", sight=lambda user: [])
    def twice(user: Any, *, at: dt.datetime) -> Any:
        return [answers._questions["test.count"].find(user, at=at, of=str(n)) for n in range(3)]

    assert len(answer("test.twice", {}, user=anna, at=at).value) == 3
    row = KeptAnswer.objects.get()
    assert row.took_ms > 30 and row.asked_at is None
    assert answer("test.twice", {}, user=anna, at=at).made_at == row.made_at
    answers._questions.pop("test.twice")


def test_nobody_is_given_what_another_sight_found(asked: Any, anna: Any, boris: Any, at: dt.datetime) -> None:
    asked["seconds"] = 0.1
    ask(anna, at)
    work()
    now = dt.datetime.now(dt.UTC)
    assert ask(anna, now).value is not None
    assert ask(boris, now).value is None, "another person"
    assert ask(anna, now, of="tasks").value is None, "another question"
    asked["sees"] = "own"
    assert ask(anna, now).value is None, "the same person, who may see less now"


def test_an_answer_found_with_other_rights_than_it_was_asked_with_is_dropped(
    asked: Any, anna: Any, at: dt.datetime
) -> None:
    asked["seconds"] = 0.1
    ask(anna, at)
    asked["sees"] = "more"
    work()
    assert KeptAnswer.objects.get().value is None


def test_a_failure_is_no_answer_and_is_told(asked: Any, anna: Any, at: dt.datetime) -> None:
    @question("test.broken", sight=lambda user: [])
    def broken(user: Any, *, at: dt.datetime) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer("test.broken", {}, user=anna, at=at)
    answers._questions.pop("test.broken")


def test_old_answers_are_forgotten(asked: Any, anna: Any, at: dt.datetime) -> None:
    asked["seconds"] = 0.1
    ask(anna, at)
    work()
    now = dt.datetime.now(dt.UTC)
    assert forget_old_answers(by=TIMER, at=now) == 0
    assert forget_old_answers(by=TIMER, at=now + dt.timedelta(days=3)) == 1


def test_a_report_of_very_many_deals(
    anna: Any, boris: Any, client_of: Callable[[Any], Any], pipeline: Any, monkeypatch: Any
) -> None:
    """The page stands at once and asks again by itself; then it says when the figures were found."""
    monkeypatch.setattr(answers, "is_large", lambda: True)
    monkeypatch.setattr(
        answers, "_tried", lambda key, name, params, user, at: waiting(key, name, params, user, at)
    )
    client = client_of(anna)
    page = client.get("/reports/losses")
    assert page.status_code == 200 and 'hx-trigger="load delay:2s"' in page.content.decode()
    part = client.get("/reports/losses?part=reasons")
    assert part.status_code == 200
    work()
    assert "As of" in client.get("/reports/losses").content.decode()


def waiting(key: str, name: str, params: Any, user: Any, at: dt.datetime) -> answers.Answer:
    answers._ask(key, name, params, user, at)
    return answers.Answer(None, None, True)


def test_the_sight_of_a_person_changes_with_what_is_shared(anna: Any, at: dt.datetime) -> None:
    before = sight_of(anna, "deal")
    assert before == sight_of(anna, "deal")
    give("deal", 7, anna, "share", by=TIMER, at=at)
    assert sight_of(type(anna).objects.get(pk=anna.pk), "deal") != before
