"""Stand-ups and practices by program: what is known of a team's day, its words, what works."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from takt.insight.rituals import commands, queries
from takt.insight.rituals.models import Practice, StandUpWords
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.access.reach import owners_within
from takt.kernel.lib.refusals import Forbidden, NotFound
from takt.sales.deals.queries.gates import today_of

router = Router(tags=["rituals"])
MOST = 200


class StandUpActOut(Schema):
    task: int
    title: str
    result: str
    deal: int | None
    client: str
    at: dt.datetime


class StandUpMoveOut(Schema):
    deal: int
    name: str
    client: str
    way: str = Field(description="new, up, down, won or lost")
    from_stage: str
    to_stage: str


class StandUpWordsOut(Schema):
    person: int
    day: dt.date
    worked: str
    failed: str
    plan: str
    version: int


class StandUpTurnOut(Schema):
    """One person's turn; `planned` and `late` count all of his plan, the lists may be shorter."""

    person: int
    name: str
    done_count: int
    planned: int
    late: int
    done: list[StandUpActOut]
    moves: list[StandUpMoveOut]
    plan: list[StandUpActOut]
    words: StandUpWordsOut | None


class StandUpOut(Schema):
    team: int
    day: dt.date
    since: dt.date
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    speaker: int | None
    turns: list[StandUpTurnOut]


class StandUpWordsIn(Input):
    worked: str = ""
    failed: str = ""
    plan: str = ""
    version: int | None = None


class PracticeIn(Input):
    text: str
    stage: int | None = None


class PracticeOut(Schema):
    id: int
    text: str
    stage: int | None
    author: int
    day: dt.date


class PracticesOut(Schema):
    items: list[PracticeOut]
    next_cursor: str | None


def _act(act: queries.Act) -> dict[str, Any]:
    return {
        "task": act.id,
        "title": act.title,
        "result": act.result,
        "deal": act.deal,
        "client": act.client,
        "at": act.at,
    }


def _words(row: StandUpWords | None) -> dict[str, Any] | None:
    if row is None:
        return None
    said = {"worked": row.worked, "failed": row.failed, "plan": row.plan}
    return {"person": row.person_id, "day": row.day, "version": row.version, **said}


def _practice(row: Practice) -> dict[str, Any]:
    stage, author = row.stage_id, row.author_id
    return {"id": row.pk, "text": row.text, "stage": stage, "author": author, "day": row.day}


def _demand_sight(request: HttpRequest) -> None:
    reach = owners_within(request.user, "deal")  # type: ignore[arg-type]
    if reach is not None and not reach:
        raise Forbidden


@router.get(
    "/stand-ups/{int:team}", response={200: StandUpOut, **PROBLEMS}, summary="A team's stand-up of a day"
)
def stand_up(request: HttpRequest, team: int, day: dt.date | None = None) -> dict[str, Any]:
    user: Any = request.user
    today = today_of(acting(request)["at"])
    if team not in {pk for pk, _name in queries.teams_of(user)}:
        raise NotFound
    found = queries.round_of(user, team, min(day or today, today), today)
    meeting = found.meeting
    return {
        "team": team,
        "day": found.day,
        "since": found.since,
        "started_at": meeting.started_at if meeting else None,
        "ended_at": meeting.ended_at if meeting else None,
        "speaker": meeting.speaker if meeting else None,
        "turns": [
            {
                "person": turn.person.pk,
                "name": turn.person.name,
                "done_count": turn.done_count,
                "planned": turn.planned,
                "late": turn.late,
                "done": [_act(act) for act in turn.done],
                "plan": [_act(act) for act in turn.plan],
                "moves": [
                    {
                        "deal": m.deal,
                        "name": m.name,
                        "client": m.client,
                        "way": m.way,
                        "from_stage": m.from_stage,
                        "to_stage": m.to_stage,
                    }
                    for m in turn.moves
                ],
                "words": _words(turn.words),
            }
            for turn in found.turns
            if turn.is_seen
        ],
    }


@router.put(
    "/stand-ups/words/{int:person}",
    response={200: StandUpWordsOut, **PROBLEMS},
    summary="A person's words for today's stand-up",
)
def say(request: HttpRequest, person: int, payload: StandUpWordsIn) -> Any:
    return _words(commands.say(person, **payload.model_dump(), **acting(request)))


@router.get("/practices", response={200: PracticesOut, **PROBLEMS}, summary="What worked, the latest first")
def practices(
    request: HttpRequest, q: str = "", stage: int | None = None, author: int | None = None,
    limit: int = 50, cursor: str = "",
) -> dict[str, Any]:  # fmt: skip
    _demand_sight(request)
    limit = min(max(limit, 1), MOST)
    rows = queries.practices(words=q[:200].replace("\0", ""), stage=stage, author=author).order_by("-pk")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return {
        "items": [_practice(row) for row in shown],
        "next_cursor": str(shown[-1].pk) if len(found) > limit else None,
    }


@router.post("/practices", response={201: PracticeOut, **PROBLEMS}, summary="Keep a practice")
def keep_practice(request: HttpRequest, payload: PracticeIn) -> Any:
    row = commands.keep_practice(payload.text, stage=payload.stage, **acting(request))
    return 201, _practice(row)


@router.delete("/practices/{int:pk}", response={204: None, **PROBLEMS}, summary="Remove a practice")
def remove_practice(request: HttpRequest, pk: int) -> Any:
    commands.remove_practice(pk, **acting(request))
    return 204, None
