"""One filter as a condition on rows."""

import datetime as dt
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from takt.kernel.lists.periods import Span
from takt.kernel.lists.spec import Column


def condition(rows: QuerySet[Any], column: Column, operator: str, values: tuple[Any, ...]) -> Q:
    """The rows where `column` is so; `ne` takes empty values in, as people expect."""
    if operator == "empty":
        found = _empty(column)
        wanted = found if values[0] else ~found
    elif operator == "ne":
        wanted = ~_any_of(column, values)
        if column.field is not None:  # an annotation, of which Django doesn't know that it may be empty
            wanted |= _empty(column)
    elif operator == "eq":
        wanted = _any_of(column, values)
    elif operator == "contains":
        wanted = _contains(column, values[0])
    else:
        wanted = _compared(column, operator, values[0])
    if _is_many(rows.model, column.path):
        # A join to many would repeat the row.
        return Q(pk__in=rows.model._base_manager.filter(wanted).values("pk"))
    return wanted


def _empty(column: Column) -> Q:
    if column.where is not None:
        return ~column.where(None)
    missing = Q(**{f"{column.path}__isnull": True})
    if column.field is not None:  # what is empty isn't stored
        return Q(**{f"{column.sort or column.path}__isnull": True})  # what its index is on
    if column.kind in {"text", "choice"}:
        return missing | Q(**{column.path: ""})
    if column.kind == "tags":
        return missing | Q(**{f"{column.path}__len": 0})
    return missing


def _contains(column: Column, value: Any) -> Q:
    if column.kind == "tags":
        return Q(**{f"{column.path}__contains": [value]})
    return Q(**{f"{column.path}__icontains": value})


def _any_of(column: Column, values: tuple[Any, ...]) -> Q:
    if column.where is not None:
        return column.where(values)
    if column.kind == "tags":
        return Q(**{f"{column.path}__overlap": list(values)})
    if column.kind == "choices":
        return _or(Q(**{f"{column.path}__contains": [value]}) for value in values)
    if column.field is not None and column.kind == "text":
        # One index serves the whole value and its parts, whatever their case.
        return _or(Q(**{f"{column.path}__iexact": value}) for value in values)
    if column.kind in {"date", "datetime"}:
        found = Q()
        for value in values:
            found |= _within(column, value)
        return found
    if len(values) == 1:
        return Q(**{column.path: values[0]})
    return Q(**{f"{column.path}__in": list(values)})


def _or(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _within(column: Column, value: Span | dt.datetime) -> Q:
    if isinstance(value, dt.datetime):
        return Q(**{column.path: value})
    first, until = _edges(column, value)
    return Q(**{f"{column.path}__gte": first, f"{column.path}__lt": until})


def _compared(column: Column, operator: str, value: Any) -> Q:
    if not isinstance(value, Span):
        return Q(**{f"{column.path}__{operator}": value})
    first, until = _edges(column, value.day)
    lookup, edge = {
        "gte": ("gte", first),
        "gt": ("gte", until),
        "lt": ("lt", first),
        "lte": ("lt", until),
    }[operator]
    return Q(**{f"{column.path}__{lookup}": edge})


def _edges(column: Column, days: Span) -> tuple[Any, Any]:
    """The span's days, or for moments the midnights of the reader's zone."""
    if column.kind == "date":
        return days.first, days.until
    return midnight(days.first), midnight(days.until)


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, timezone.get_current_timezone())


def field_of(rows: QuerySet[Any], path: str) -> Any:
    """The model field, or the output of the annotation, that `path` leads to."""
    if path in rows.query.annotations:
        return rows.query.annotations[path].output_field
    steps = list(_steps(rows.model, path))
    return steps[-1] if steps else None


def is_nullable(rows: QuerySet[Any], path: str) -> bool:
    if path in rows.query.annotations:
        return True
    return any(step.null for step in _steps(rows.model, path))


def _is_many(model: type[models.Model], path: str) -> bool:
    return any(step.one_to_many or step.many_to_many for step in _steps(model, path))


def _steps(model: type[models.Model], path: str) -> list[Any]:
    found: list[Any] = []
    current: Any = model
    for name in path.split("__"):
        if current is None:
            break
        try:
            step = current._meta.pk if name == "pk" else current._meta.get_field(name)
        except FieldDoesNotExist:
            break
        found.append(step)
        current = step.related_model if step.is_relation else None
    return found
