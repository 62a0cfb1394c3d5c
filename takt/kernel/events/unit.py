"""The `@command` decorator: one act, one transaction, its events and its dispatch job."""

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import models, transaction

from takt.kernel.events import sealing
from takt.kernel.events.facts import Fact
from takt.kernel.events.models import Event, EventSubject
from takt.kernel.events.subscribing import wanted_kinds
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.failpoints import failpoint

type Subject = models.Model | tuple[str, int]

_MANY = 50


@dataclass
class _Pending:
    fact: Fact
    subjects: list[tuple[str, int]]
    by: Actor
    at: dt.datetime
    batch: uuid.UUID | None
    person: tuple[str, int] | None


@dataclass
class Unit:
    """What one outermost command has gathered to be written at its end."""

    pending: list[_Pending] = field(default_factory=list)
    deltas: dict[str, "Deltas"] = field(default_factory=dict)

    def finish(self) -> None:
        for name in sorted(self.deltas):
            self.deltas[name].apply()
        if self.pending:
            _write(self.pending)


class Deltas:
    """Changes of a rollup, applied last and in key order, so that two commands can't deadlock on them."""

    def apply(self) -> None:
        raise NotImplementedError


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


def current_unit() -> Unit:
    unit = _current.get()
    if unit is None:
        raise RuntimeError("only a command may write")
    return unit


def command[**P, R](fn: Callable[P, R]) -> Callable[P, R]:
    """Run as one transaction: the outermost command opens it, nested ones join it.

    Every command says who (`by`) and when (`at`). A refusal undoes the whole of it.
    """

    @functools.wraps(fn)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            return fn(*args, **kwargs)
        unit = Unit()
        token = _current.set(unit)
        try:
            with transaction.atomic():
                result = fn(*args, **kwargs)
                unit.finish()
                failpoint("command.before_commit")
            failpoint("command.after")
            return result
        finally:
            _current.reset(token)

    run.is_command = True  # type: ignore[attr-defined]
    return run


def key_of(subject: Subject) -> tuple[str, int]:
    if isinstance(subject, tuple):
        return subject
    return str(subject._meta.model_name), subject.pk


def record(
    what: Fact,
    *,
    about: Subject | Iterable[Subject | None],
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID | None = None,
    person: tuple[str, int] | None = None,
) -> None:
    """Note a fact; it is written at the end of the command, in the same transaction.

    `person` (kind, id) owns the fact's personal values and is needed where it has any.
    """
    subjects = [about] if isinstance(about, models.Model | tuple) else list(about)
    keys = list(dict.fromkeys(key_of(s) for s in subjects if s is not None))
    current_unit().pending.append(_Pending(what, keys, by, at, batch, person))


def _write(pending: list[_Pending]) -> None:
    recorded_at = dt.datetime.now(dt.UTC)  # the one clock reading that isn't `at`: when it was written down
    parts = [p.fact.split() for p in pending]
    people = {p.person for p, (_, sealed) in zip(pending, parts, strict=True) if sealed and p.person}
    keys = sealing.keys_of(people)
    rows = []
    for p, (payload, sealed) in zip(pending, parts, strict=True):
        if sealed and p.person is None:
            raise RuntimeError(f"{p.fact.kind} has personal values but no person")
        rows.append(
            Event(
                kind=p.fact.kind,
                actor=p.by.user_id,
                via=p.by.via,
                cause=p.by.cause,
                depth=p.by.depth,
                batch=p.batch,
                at=p.at,
                recorded_at=recorded_at,
                payload=payload,
                sealed=sealing.seal(p.person, keys[p.person], sealed) if sealed and p.person else None,
            )
        )
    if len(rows) >= _MANY:
        _copy(rows, pending)
    else:
        Event.objects.bulk_create(rows)
        EventSubject.objects.bulk_create(
            EventSubject(event_id=row.pk, kind=kind, object_id=number, at=p.at)
            for row, p in zip(rows, pending, strict=True)
            for kind, number in p.subjects
        )
    _dispatch(rows, pending)


def _copy(rows: list[Event], pending: list[_Pending]) -> None:
    """The same rows by COPY: a bulk command's events cost a tenth that way."""
    for row, pk in zip(rows, next_ids("event", len(rows)), strict=True):
        row.pk = pk
    columns = [
        "id",
        "kind",
        "actor",
        "via",
        "cause",
        "depth",
        "batch",
        "at",
        "recorded_at",
        "payload",
        "sealed",
    ]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    copy_rows(
        "event",
        columns,
        (
            (
                r.pk,
                r.kind,
                r.actor,
                r.via,
                r.cause,
                r.depth,
                r.batch,
                r.at,
                r.recorded_at,
                encode(r.payload),
                r.sealed,
            )
            for r in rows
        ),
    )
    copy_rows(
        "event_subject",
        ["event_id", "kind", "object_id", "at"],
        (
            (row.pk, kind, number, p.at)
            for row, p in zip(rows, pending, strict=True)
            for kind, number in p.subjects
        ),
    )


def _dispatch(rows: list[Event], pending: list[_Pending]) -> None:
    """One job for all events that somebody subscribed to; none where nobody did."""
    ids = [
        row.pk
        for row, p in zip(rows, pending, strict=True)
        if row.kind in wanted_kinds(historic=p.by.is_historic)
    ]
    if ids:
        from procrastinate.contrib.django import app

        app.configure_task("takt.dispatch", queue="events").defer(events=[*ids])
