"""An import carried out: first the whole file is checked, then it is written batch by batch."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from takt.gateways.transfer import commands, files, reading
from takt.gateways.transfer.commands import RowsRefused, State, added
from takt.gateways.transfer.kinds import KINDS, Kind
from takt.gateways.transfer.kinds.base import Raw
from takt.gateways.transfer.kinds.cells import Columns, Notation
from takt.gateways.transfer.kinds.likeness import Like
from takt.gateways.transfer.kinds.world import World
from takt.gateways.transfer.models import Import
from takt.gateways.transfer.presets import PRESETS
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.failpoints import failpoint
from takt.kernel.lib.refusals import Refusal
from takt.sales.deals.commands import install_lists
from takt.sales.deals.models import LossReason

logger = logging.getLogger(__name__)
BATCH = 1000
MANY = 5000  # rows written after which the database counts again
ASK_AGAIN = 0.3
_LOCKS = 7_425_002


def actor_of(job: Import, user: User | None = None) -> Actor:
    """Whoever started it, by the road of this import: nobody is told and no rule fires."""
    return Actor(user=user or job.user, via=f"import:{job.pk}")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Lap:
    """Seconds of work since it was last asked."""

    def __init__(self) -> None:
        self.since = time.perf_counter()

    def __call__(self) -> float:
        before, self.since = self.since, time.perf_counter()
        return self.since - before


@contextmanager
def in_hand(pk: int, patience: float | None) -> Iterator[bool]:
    """Whether this process alone has the import in hand; a process that dies lets go of it."""
    has = _taken(pk, patience)
    try:
        yield has
    finally:
        if has:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, pk])


def _taken(pk: int, patience: float | None) -> bool:
    end = None if patience is None else time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, pk])
            if cursor.fetchone()[0]:
                return True
        if end is not None and time.monotonic() >= end:
            return False
        time.sleep(ASK_AGAIN)


def carry_out(pk: int, *, patience: float | None = None) -> Import:
    """Do what the import's state asks for, up to its end; may be called again after a kill.

    Where another process is at it: waited for, for `patience` seconds at most, then left to that one.
    """
    with in_hand(pk, patience) as has:
        if has:
            _carry_out(pk)
    return Import.objects.select_related("user").get(pk=pk)


def _carry_out(pk: int) -> None:
    job = Import.objects.select_related("user").get(pk=pk)
    by = actor_of(job)
    try:
        if job.state == State.CHECKING:
            check(job, by)
            job.refresh_from_db()
            if job.state == State.READY and job.options.get("auto_start"):
                job = commands.begin_import(job, by=by, at=now())
        if job.state == State.RUNNING:
            write(job, by)
            job.refresh_from_db()
        if job.state == State.UNDOING:
            while commands.undo_batch(job.pk, by=by, at=now()):
                pass
    except reading.Unreadable as error:
        commands.note_failure(job, error.message, by=by, at=now())
    except Refusal as refusal:
        reasons = [str(e.message) for e in refusal.errors] or [str(refusal.detail)]
        commands.note_failure(job, " ".join(reasons), by=by, at=now())
    except (OperationalError, InterfaceError):
        raise  # the database is away: the import goes on when it is back
    except Exception:
        logger.exception("import %d broke off", pk)
        reason = _("Takt met an error of its own here. Tell its administrator; the log says more.")
        commands.note_failure(job, reason, by=by, at=now())


def check(job: Import, by: Actor) -> None:
    """Read every row as if it were written; nothing is."""
    world = World(by, now(), job.options, is_dry=True)
    counts: dict[str, Any] = {}
    refused: list[tuple[int, int, str]] = []
    likely: list[tuple[int, int, str, Like]] = []
    lap = Lap()
    for number, part in enumerate(job.parts):
        kind = kind_of(part, world)
        for batches, (_start, raws) in enumerate(batches_of(part, 0), 1):
            more = commands.no_counts() | {"read": len(raws)}
            for piece in kind.pieces(raws):
                plan = kind.plan(piece)
                more["created"] += len(plan.creates)
                more["updated"] += len(plan.updates)
                more["skipped"] += len(plan.skipped)
                more["refused"] += len(plan.refused)
                refused.extend((number, line, reason) for line, reason in plan.refused)
                found = kind.likely(plan)
                more["likely"] += len(found)
                likely.extend((number, line, kind.record, like) for line, like in found.items())
            counts = added(counts, number, more, len(job.parts), lap())
            if batches % 5 == 0:
                seen = commands.note_check(job, counts, refused, likely, is_end=False, by=by, at=now())
                refused, likely = [], []
                if seen.state != State.CHECKING:
                    return
    if not counts:
        counts = added({}, 0, commands.no_counts(), len(job.parts))
    counts["parts"] = [p or commands.no_counts() for p in counts["parts"]]
    commands.note_check(job, counts, refused, likely, is_end=True, by=by, at=now())


def write(job: Import, by: Actor) -> None:
    """Write what hasn't been written yet."""
    if not LossReason.objects.filter(slug="not_recorded").exists():
        install_lists(language=job.user.language if job.user else "en", by=by, at=now())
    lap = Lap()
    world = World(by, job.started_at or now(), job.options, is_dry=False)
    for number in range(job.part, len(job.parts)):
        kind = kind_of(job.parts[number], world)
        start = job.row if number == job.part else 0
        for begin, raws in batches_of(job.parts[number], start):
            try:
                done = commands.run_batch(job, number, begin, raws, kind, seconds=lap(), by=by, at=now())
            except RowsRefused as error:
                commands.note_late_refusals(job, number, error.refused, by=by, at=now())
                return
            failpoint("import.after_batch")
            if done is None:
                return
        job = commands.next_part(job, number, seconds=lap(), by=by, at=now())
        if job.state != State.RUNNING:
            break
    freshen(job)


def freshen(job: Import) -> None:
    """Tell the database how much there is now: until it has counted by itself, it plans for what was there before."""
    if job.count("created") + job.count("updated") < MANY:
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def kind_of(part: dict[str, Any], world: World) -> Kind:
    notation = Notation(
        world.options.get("date_order") or part.get("date_order"),
        world.options.get("decimal") or part.get("decimal"),
    )
    return KINDS[part["kind"]](world, notation, part["mapping"])


def values_of(part: dict[str, Any]) -> Callable[[Sequence[str | None]], dict[str, str]]:
    """How a row of cells becomes fields: by the preset, or by the mapping of columns."""
    if part["preset"]:
        turned = next(p.turned for p in PRESETS[part["preset"]].parts if p.kind == part["kind"])
        headings = [h.strip().casefold() for h in part["header"]]

        def by_preset(cells: Sequence[str | None]) -> dict[str, str]:
            named = {h: c for h, c in zip(headings, cells, strict=False) if c}
            return {f: v for f, v in turned(named).items() if v} if named else {}

        return by_preset
    return Columns(part["kind"], part["mapping"]).values


def batches_of(part: dict[str, Any], start: int) -> Iterator[tuple[int, list[Raw]]]:
    """The rows from `start` on, a thousand at a time, read in a process of its own."""
    take = values_of(part)
    with reading.rows(
        files.path_of(part["path"]), part["encoding"], part["delimiter"], part["sheet"], start=start
    ) as rows:
        batch: list[Raw] = []
        for line, cells in rows:
            batch.append((line, take(cells)))
            if len(batch) >= BATCH:
                yield start, batch
                start += len(batch)
                batch = []
        if batch:
            yield start, batch
