"""Gates looked back at and ahead: what was passed although something was missing, and what enforcing would mean."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from takt.kernel.accounts.models import User
from takt.sales.deals.models import Deal, Pipeline, Stage, StagePassage
from takt.sales.deals.queries.gates import complete, gates_of, known_of, today_of
from takt.sales.deals.rules_gates import Gate, Missing, can_advance

KINDS = ("forced", "warned", "won")
_OF_KIND = {
    "forced": ~Q(forced_reason=""),
    "warned": Q(forced_reason="") & ~Q(exit="won"),
    "won": Q(exit="won", forced_reason=""),
}
PAGE = 50
MOST_JUDGED = 20_000
_CHUNK = 2_000


@dataclass(frozen=True)
class Passing:
    """A gate that a deal passed although something was missing."""

    id: int
    kind: str
    deal: int
    deal_name: str
    stage: int
    stage_name: str
    pipeline: int
    at: dt.datetime
    by: int | None
    by_name: str
    reason: str
    missing: list[dict[str, Any]]


@dataclass(frozen=True)
class Passings:
    rows: list[Passing]
    cursor: str | None


def passings(
    user: User | None,
    *,
    kind: str = "",
    pipeline: int | None = None,
    person: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    cursor: str = "",
    limit: int = PAGE,
) -> Passings:
    """Of the deals that `user` may see, the latest first; `cursor` leads to the next page."""
    rows = StagePassage.objects.filter(checklist_snapshot__isnull=False, left_at__isnull=False)
    rows = rows.filter(deal__in=Deal.objects.visible_to(user).values("pk"))
    if kind in _OF_KIND:
        rows = rows.filter(_OF_KIND[kind])
    if pipeline is not None:
        rows = rows.filter(pipeline=pipeline)
    if person is not None:
        rows = rows.filter(left_by=person)
    if since is not None:
        rows = rows.filter(left_at__gte=since)
    if until is not None:
        rows = rows.filter(left_at__lt=until)
    if (after := _after(cursor)) is not None:
        when, pk = after
        rows = rows.filter(Q(left_at__lt=when) | Q(left_at=when, id__lt=pk))
    fields = (
        "id", "exit", "deal_id", "deal__name", "stage_id", "stage__name", "pipeline_id", "left_at", "left_by_id",
        "left_by__name", "forced_reason", "checklist_snapshot",
    )  # fmt: skip
    found = list(rows.order_by("-left_at", "-id").values_list(*fields, named=True)[: limit + 1])
    more = found[limit - 1] if len(found) > limit else None
    shown = [
        Passing(
            id=r.id,
            kind="forced" if r.forced_reason else "won" if r.exit == "won" else "warned",
            deal=r.deal_id,
            deal_name=r.deal__name,
            stage=r.stage_id,
            stage_name=r.stage__name,
            pipeline=r.pipeline_id,
            at=r.left_at,
            by=r.left_by_id,
            by_name=r.left_by__name or "",
            reason=r.forced_reason,
            missing=r.checklist_snapshot,
        )
        for r in found[:limit]
    ]
    return Passings(shown, f"{more.left_at.isoformat()}_{more.id}" if more else None)


def _after(cursor: str) -> tuple[dt.datetime, int] | None:
    when, _dash, pk = cursor.rpartition("_")
    try:
        moment = dt.datetime.fromisoformat(when.replace(" ", "+"))
    except ValueError:
        return None
    return (moment, int(pk)) if moment.tzinfo and pk.isdigit() and len(pk) < 19 else None


@dataclass(frozen=True)
class StagePreview:
    """The open deals of a stage, how many of them would be held up, and by what."""

    stage: Stage
    open: int
    held: int
    items: list[tuple[str, int]]


@dataclass(frozen=True)
class Held:
    deal: int
    name: str
    stage_name: str
    owner_name: str
    missing: list[Missing]


@dataclass(frozen=True)
class Preview:
    """What enforcing would mean today: the next move forward of `held` deals would be refused."""

    open: int
    judged: int
    quick: int
    held: int
    stages: list[StagePreview]
    deals: list[Held]


def gate_preview(pipeline: Pipeline, at: dt.datetime, *, named: int = PAGE) -> Preview:
    """Judge the open deals of a pipeline as if its gates were enforced now; of very many the latest 20,000.

    A deal in the last stage has no gate before it, and a quick one isn't held up.
    """
    stages = sorted(pipeline.stages.all(), key=lambda s: s.position)  # type: ignore[attr-defined]
    gates = complete(gates_of(pipeline, stages))
    following = {s.position: after.position for s, after in zip(stages, stages[1:], strict=False)}
    places = {s.pk: s.position for s in stages}
    today = today_of(at)
    counts: Counter[int] = Counter()
    held: Counter[int] = Counter()
    items: dict[int, Counter[str]] = {s.pk: Counter() for s in stages}
    listed: list[Held] = []
    quick = 0
    for chunk in _open_deals(pipeline):
        asked = [r for r in chunk if not r.is_quick and places[r.stage_id] in following]
        known = known_of([r.id for r in asked], gates) if any(not g.is_empty for g in gates) else {}
        for row in chunk:
            counts[row.stage_id] += 1
            quick += row.is_quick
        for row in asked:
            if row.id not in known:
                continue
            place = places[row.stage_id]
            missing = _missing(gates, place, following[place], known[row.id], today)
            if not missing:
                continue
            held[row.stage_id] += 1
            items[row.stage_id].update(m.text for m in missing)
            if len(listed) < named:
                listed.append(Held(row.id, row.name, row.stage__name, row.owner__name, missing))
    total = Deal.objects.alive().open().filter(pipeline=pipeline).count()
    return Preview(
        open=total,
        judged=sum(counts.values()),
        quick=quick,
        held=sum(held.values()),
        stages=[StagePreview(s, counts[s.pk], held[s.pk], items[s.pk].most_common()) for s in stages],
        deals=listed,
    )


def _missing(gates: Sequence[Gate], place: int, target: int, known: Any, today: dt.date) -> list[Missing]:
    return can_advance(gates, place, target, known.facts, known.ticked, today)


def _open_deals(pipeline: Pipeline) -> Iterator[list[Any]]:
    rows = Deal.objects.alive().open().filter(pipeline=pipeline).order_by("-last_activity_at", "-id")
    fields = ("id", "name", "stage_id", "stage__name", "owner__name", "is_quick")
    latest = list(rows.values_list(*fields, named=True)[:MOST_JUDGED])
    for start in range(0, len(latest), _CHUNK):
        yield latest[start : start + _CHUNK]
