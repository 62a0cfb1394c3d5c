"""Questions that take long in a large organisation: the worker answers them, and the answers are kept for a while.

A small organisation never meets this: what is found at once is found anew each time. In a large one a question is
tried for a moment; where that is too short, the worker takes it up and the page says so. A kept answer is given with
the time at which it was found, and a newer one is asked for once it has grown old.
"""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import get_language
from psycopg.errors import QueryCanceled

from takt.kernel.jobs.commands import await_answer, keep_answer
from takt.kernel.jobs.models import KeptAnswer
from takt.kernel.lib.actor import Actor

PATIENCE_MS = 120  # a question that takes longer than this is the worker's
LARGE = 300_000  # rows in one table
FRESH_SECONDS = 60  # at least so long an answer is given without a newer one being asked for …
FRESH_TIMES = 20  # … and at least so many times as long as it took to find
OLD = dt.timedelta(days=1)  # an older answer is not shown
_SIZE_HOLDS_SECONDS = 600

type Find = Callable[..., Any]
type Sight = Callable[[Any], Collection[Any]]


@dataclass(frozen=True)
class _Question:
    find: Find
    sight: Sight


_questions: dict[str, _Question] = {}
_size: dict[str, float] = {"until": 0.0, "rows": 0.0}


@dataclass(frozen=True)
class Answer:
    """What was found. `made_at` is None where it was found just now; `value` is None while nothing has been found.

    `is_awaited` says that the worker is finding a newer one.
    """

    value: Any
    made_at: dt.datetime | None = None
    is_awaited: bool = False


def question(name: str, sight: Sight) -> Callable[[Find], Find]:
    """Register a function of (user, at=, **params) whose answer is ready for JSON.

    `sight` says what a person may see: with another sight it is another question, so that a right that was taken
    back holds at once.
    """

    def register(find: Find) -> Find:
        _questions[name] = _Question(find, sight)
        return find

    return register


def answer(name: str, params: Mapping[str, Any], *, user: Any, at: dt.datetime) -> Answer:
    """The answer to a registered question, now or as it was found lately."""
    if not is_large():
        return Answer(_questions[name].find(user, at=at, **params))
    key = _key(name, params, user, get_language() or "en")
    row = KeptAnswer.objects.filter(key=key).first()
    if row is None:
        return _tried(key, name, params, user, at)
    age = at - row.made_at if row.made_at else None
    if age is not None and age < dt.timedelta(seconds=max(FRESH_SECONDS, FRESH_TIMES * row.took_ms / 1000)):
        return Answer(row.value, row.made_at)
    _ask(key, name, params, user, at)
    return Answer(row.value, row.made_at, True) if age is not None and age < OLD else Answer(None, None, True)


def _tried(key: str, name: str, params: Mapping[str, Any], user: Any, at: dt.datetime) -> Answer:
    began = time.perf_counter()
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            value = _questions[name].find(user, at=at, **params)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        _ask(key, name, params, user, at)
        return Answer(None, None, True)
    took_ms = round((time.perf_counter() - began) * 1000)
    if took_ms > PATIENCE_MS:
        _ask(key, name, params, user, at, is_found=True)
        keep_answer(key, value, took_ms=took_ms, by=Actor(via="timer"), at=at)
    return Answer(value)


def _ask(
    key: str,
    name: str,
    params: Mapping[str, Any],
    user: Any,
    at: dt.datetime,
    *,
    is_found: bool = False,
) -> None:
    await_answer(
        key, name, dict(params), user.pk if user else None, get_language() or "en", is_found=is_found,
        by=Actor(via="timer"), at=at,
    )  # fmt: skip


def find_answer(row: KeptAnswer, *, at: dt.datetime) -> tuple[Any, int] | None:
    """The answer that a row waits for, with how long it took in milliseconds; None where the person's rights changed
    since it was asked for, because then it is no longer this question."""
    if row.name not in _questions or row.key != _key(row.name, row.params, row.user, row.language):
        return None
    began = time.perf_counter()
    value = _questions[row.name].find(row.user, at=at, **row.params)
    return value, round((time.perf_counter() - began) * 1000)


def is_large() -> bool:
    """Whether any table is so large that a question over all of it may take long; looked up every ten minutes."""
    now = time.monotonic()
    if now > _size["until"]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(c.reltuples), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind = 'r' AND n.nspname = current_schema()"
            )
            _size.update(rows=float(cursor.fetchone()[0]), until=now + _SIZE_HOLDS_SECONDS)
    return _size["rows"] >= LARGE


def _key(name: str, params: Mapping[str, Any], user: Any, language: str) -> str:
    asked = [name, dict(params), user.pk if user else None, list(_questions[name].sight(user)), language]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
