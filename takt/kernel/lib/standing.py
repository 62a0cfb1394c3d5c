"""Standing questions: asked of the database in the same words each time, with other values.

Django puts a query into SQL anew at every answer, which costs more than the database needs to answer it. A standing
question is put into SQL once for each process; afterwards only its values are exchanged.
"""

import copy
import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

_MOST = 200  # wordings kept of one question
_LARGEST = 2**63
_FIRST_NUMBER = 4_611_686_018_427_000_000
_FIRST_MOMENT = dt.datetime(1907, 3, 1, 4, 5, 6, 7, tzinfo=dt.UTC)


@dataclass(frozen=True)
class _Words:
    """A question put into SQL, and which of its parameters are which of its values."""

    rows: QuerySet[Any]
    compiler: Any
    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]  # of a parameter, and the value that stands there

    def ask(self, values: list[Any]) -> list[Any]:
        filled = list(self.parameters)
        for place, number in self.places:
            filled[place] = values[number]
        using = self.rows.db
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[using]
        compiler.as_sql = lambda: (self.sql, tuple(filled))
        found: Any = object.__new__(type(self.rows))
        found.__dict__.update(self.rows.__dict__)
        found._result_cache = None
        found._query = _Asked(self.rows.query, compiler)
        found._fetch_all()
        return found._result_cache  # type: ignore[no-any-return]


class _Asked:
    """Stands for the query of a question that is already SQL."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query, self._compiler = query, compiler

    def get_compiler(self, using: str | None = None, **_more: Any) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


def standing[**P](build: Callable[P, QuerySet[Any]]) -> Callable[P, list[Any]]:
    """The rows of a query that is put into SQL once, by numbers, days, moments, texts and sets of numbers.

    Anything else given, such as None or a tuple, belongs to the words of the question; so do `True` and `False`, and
    how many numbers a set holds. A value may only be compared with, and a set in its order: no word of the query may
    depend on them. A query in which a value can't be found again, because Django turned it into something else, is
    built anew each time.
    """
    known: dict[tuple[Any, ...], _Words | None] = {}

    @functools.wraps(build)
    def ask(*given: P.args, **named: P.kwargs) -> list[Any]:
        assert not named, "values are told by their order"
        shape = tuple(_kind(value) for value in given)
        if shape not in known:
            if len(known) >= _MOST:
                known.pop(next(iter(known)), None)
            known[shape] = _in_words(build, given)
        words, values = known[shape], _values(given)
        if words is None or any(type(v) is int and not -_LARGEST <= v < _LARGEST for v in values):
            return list(build(*given, **named))
        return words.ask(values)

    return ask


def _is_set(value: Any) -> bool:
    return type(value) is frozenset


def _kind(value: Any) -> Any:
    if _is_set(value):
        return frozenset, len(value)
    return type(value) if type(value) in (int, str, dt.datetime, dt.date) else (value,)


def _values(given: tuple[Any, ...]) -> list[Any]:
    """Every single value; what belongs to the words keeps its place."""
    found: list[Any] = []
    for value in given:
        if _is_set(value):
            found += sorted(value)
        else:
            found.append(value)
    return found


def _in_words(build: Callable[..., QuerySet[Any]], given: tuple[Any, ...]) -> _Words | None:
    marks, marked = list[Any](), list[Any]()
    for value in given:
        if _is_set(value):
            numbers = [_FIRST_NUMBER + len(marks) + n for n in range(len(value))]
            marks += numbers
            marked.append(frozenset(numbers))
        else:
            marks.append(_mark(value, len(marks)))
            marked.append(value if marks[-1] is None else marks[-1])
    rows = build(*marked)
    compiler = rows.query.get_compiler(using=rows.db)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    places = tuple(
        (place, number)
        for place, parameter in enumerate(parameters)
        for number, mark in enumerate(marks)
        if mark is not None and type(parameter) is type(mark) and parameter == mark
    )
    if {number for _place, number in places} != {n for n, mark in enumerate(marks) if mark is not None}:
        return None
    return _Words(rows, compiler, sql, tuple(parameters), places)


def _mark(value: Any, number: int) -> Any:
    """A value that stands in the query for the one to come, and is found again among its parameters."""
    if type(value) is int:
        return _FIRST_NUMBER + number
    if type(value) is str:
        return f"standing-{number}-{_FIRST_NUMBER}"
    moment = _FIRST_MOMENT + dt.timedelta(days=number)
    if type(value) is dt.date:
        return moment.date()
    return moment if type(value) is dt.datetime else None
