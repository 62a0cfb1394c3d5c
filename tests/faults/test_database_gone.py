"""The database goes away in the middle of a request: a clear answer, nothing half-written, and on it goes."""

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import RequestFactory

from takt.kernel.accounts.commands import create_token
from takt.kernel.events.models import Event
from takt.kernel.events.unit import Unit
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.sales.activities.models import Task
from takt.sales.deals.models import Deal, StagePassage

pytestmark = pytest.mark.django_db(transaction=True)
DEAL = {"name": "Racking", "amount": "10", "currency": "EUR", "quick": True}


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = int(status.split()[0]), dict(headers), body

    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def ask(anna: Any, pipeline: Any, at: dt.datetime) -> Callable[..., Answer]:
    """A request as the web server makes it: with Django's own care for its connections, which test clients leave out."""
    _row, token = create_token("t", by=Actor(anna), at=at)
    application, factory = get_wsgi_application(), RequestFactory()

    def make(method: str, path: str, body: Any = None, *, signed_in: bool = True, **headers: str) -> Answer:
        if signed_in:
            headers["Authorization"] = f"Bearer {token}"
        request = factory.generic(
            method, path, json.dumps(body) if body is not None else "", "application/json", headers=headers
        )
        got: list[Any] = []
        environ = {**request.environ, "wsgi.input": io.BytesIO(request.body), "HTTP_HOST": "localhost"}
        response = application(environ, lambda status, found, _info=None: got.extend((status, found)))
        content = b"".join(response)
        response.close()
        return Answer(got[0], got[1], content)

    return make


def half_written() -> dict[str, list[str]]:
    return {c.name: found for c in checks if (found := c.find())}


def rows() -> tuple[int, ...]:
    return tuple(m.objects.count() for m in (Deal, Task, StagePassage, Event))


@pytest.mark.parametrize("moment", ["before the events", "after the events", "before the commit"])
def test_nothing_is_half_written_and_a_repeat_is_carried_out_once(
    moment: str, ask: Callable[..., Answer], cut: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, left = rows(), [1]

    def once() -> None:
        if left and left.pop():
            cut()

    finish, commit = Unit.finish, DatabaseWrapper._commit  # type: ignore[attr-defined]

    def cutting_finish(self: Unit) -> None:
        if moment == "before the events":
            once()
        finish(self)
        if moment == "after the events":
            once()

    def cutting_commit(self: Any) -> Any:
        if moment == "before the commit":
            once()
        return commit(self)

    monkeypatch.setattr(Unit, "finish", cutting_finish)
    monkeypatch.setattr(DatabaseWrapper, "_commit", cutting_commit)
    broken = ask("POST", "/api/v1/deals", DEAL, **{"Idempotency-Key": "k1"})
    assert not left
    assert broken.status == 503
    assert int(broken.headers["Retry-After"]) > 0
    assert broken.headers["Content-Type"].startswith("application/problem+json")
    assert broken.json()["code"] == "database_unavailable"
    assert rows() == before
    for _again in range(2):
        assert ask("POST", "/api/v1/deals", DEAL, **{"Idempotency-Key": "k1"}).status == 201
    assert Deal.objects.count() == 1
    assert half_written() == {}


def test_an_answer_that_was_lost_is_given_again(
    ask: Callable[..., Answer], cut: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit went through, then the connection broke: the program can't know, and asks again."""
    commit, left = DatabaseWrapper._commit, [1]  # type: ignore[attr-defined]

    def cutting(self: Any) -> Any:
        done = commit(self)
        if left and left.pop():
            cut()
        return done

    monkeypatch.setattr(DatabaseWrapper, "_commit", cutting)
    ask("POST", "/api/v1/deals", DEAL, **{"Idempotency-Key": "k2"})
    again = ask("POST", "/api/v1/deals", DEAL, **{"Idempotency-Key": "k2"})
    assert (again.status, again.headers.get("Idempotent-Replay")) == (201, "true")
    assert Deal.objects.get().pk == again.json()["id"]


def test_the_next_request_finds_its_way_back(ask: Callable[..., Answer], cut: Callable[[], None]) -> None:
    assert ask("GET", "/api/v1/deals").status == 200
    cut()
    assert ask("GET", "/api/v1/deals").status == 200


def test_a_page_says_that_it_will_be_back(
    ask: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    page = ask("GET", "/sign-in", signed_in=False, Cookie="sessionid=0123456789abcdef0123456789abcdef")
    answers = [
        page,
        ask("GET", "/api/v1/deals", Accept="application/json"),
        ask("GET", "/readyz", signed_in=False),
    ]
    alive = ask("GET", "/healthz", signed_in=False)
    connection.close()
    monkeypatch.undo()
    assert alive.status == 200
    assert [a.status for a in answers] == [503, 503, 503]
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Retry-After" in page.headers
    assert b"<h1" in page.body
    assert answers[1].json()["status"] == 503
    assert ask("GET", "/api/v1/deals").status == 200
