"""Stand-ups filled from what happened, their rights, the round, words and practices."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from takt.insight.rituals import queries
from takt.insight.rituals.commands import (
    bring_practice_back,
    keep_practice,
    pass_turn,
    remove_practice,
    say,
    start_stand_up,
)
from takt.insight.rituals.models import StandUpWords
from takt.insight.rituals.rules import looked_back_on, round_on
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.deals import commands
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import Deal

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TUESDAY = dt.date(2026, 3, 3)


@pytest.fixture
def monday(anna: Any, carla: Any, pipeline: Any, at: dt.datetime) -> list[Deal]:
    """Anna's Monday: one deal moved after a call, one lost; Carla has one of her own."""
    by = Actor(anna)
    moved, lost = (
        commands.create_deal(name=name, new_company=name, is_quick=True, by=by, at=at - 9 * DAY)
        for name in ("Vermeer", "Hals")
    )
    stages = list(pipeline.stages.order_by("position"))
    next_task = NewTask(type="call", title="Ask for the date", due_at=at + DAY)
    commands.complete_task(moved.next_task_id, result="They want racks", next_task=next_task, by=by, at=at)
    commands.move_deal(moved.pk, stages[1], by=by, at=at)
    commands.lose_deal(lost.pk, "price", comment="A third too dear", by=by, at=at)
    other = commands.create_deal(name="Of Carla", is_quick=True, by=Actor(carla), at=at)
    return [moved, lost, other]


def test_days_and_turns() -> None:
    assert looked_back_on(TUESDAY) == dt.date(2026, 3, 2)
    assert looked_back_on(dt.date(2026, 3, 2)) == dt.date(2026, 2, 27)
    firsts = {round_on(TUESDAY + n * DAY, [7, 8, 9])[0] for n in range(3)}
    assert firsts == {7, 8, 9}
    assert sorted(round_on(TUESDAY, [7, 8, 9])) == [7, 8, 9]
    assert round_on(TUESDAY, []) == []


def test_filled_by_itself(anna: Any, boris: Any, monday: list[Deal]) -> None:
    """Not one number is typed: what was done, moved and lost, and what is planned, by client."""
    found = queries.round_of(boris, anna.team_id, TUESDAY, TUESDAY)
    turn = next(t for t in found.turns if t.person == anna)
    assert found.since == TUESDAY - DAY
    assert [(a.client, a.result) for a in turn.done] == [("Vermeer", "They want racks")]
    assert [(client, len(acts)) for client, acts in turn.of_client()] == [("Vermeer", 1)]
    assert {(m.way, m.name) for m in turn.moves} == {("up", "Vermeer"), ("lost", "Hals")}
    assert next(m.why for m in turn.moves if m.way == "lost").endswith("A third too dear")
    assert [a.title for a in turn.plan] == ["Ask for the date"]
    assert (turn.done_count, turn.planned, turn.late) == (1, 1, 0)
    late = queries.round_of(boris, anna.team_id, TUESDAY + DAY, TUESDAY + DAY)
    assert next(t for t in late.turns if t.person == anna).late == 1
    past = queries.round_of(boris, anna.team_id, TUESDAY, TUESDAY + 9 * DAY)
    assert [a.title for t in past.turns for a in t.plan] == ["Ask for the date"]


def test_reach(anna: Any, boris: Any, carla: Any, dora: Any, person: Any, monday: list[Deal]) -> None:
    """A rep sees what is his, and in whose turn colleagues speak; no other team at all."""
    bert = person("bert")
    mine = queries.round_of(bert, bert.team_id, TUESDAY, TUESDAY)
    assert {t.person.name: t.is_seen for t in mine.turns} == {"Anna": False, "Boris": False, "Bert": True}
    hidden = next(t for t in mine.turns if t.person == anna)
    assert (hidden.done, hidden.moves, hidden.plan, hidden.words) == ([], [], [], None)
    assert [pk for pk, _name in queries.teams_of(boris)] == [boris.team_id]
    assert carla.team_id in {pk for pk, _name in queries.teams_of(dora)}


def test_page(anna: Any, boris: Any, carla: Any, client_of: Any, monday: list[Deal]) -> None:
    lead = client_of(boris)
    page = lead.get("/standup?day=2026-03-03").content.decode()
    assert "They want racks" in page and "A third too dear" in page
    assert lead.get(f"/standup?team={carla.team_id}").status_code == 404
    own = client_of(carla).get("/standup?day=2026-03-03").content.decode()
    assert "Of Carla" in own and "Vermeer" not in own


def test_the_round(anna: Any, boris: Any, carla: Any, at: dt.datetime) -> None:
    """Begun once, passed on from one to the next by whoever leads; a second press is stale."""
    team, by = anna.team_id, Actor(boris)
    with pytest.raises(Forbidden):
        start_stand_up(team, by=Actor(anna), at=at)
    with pytest.raises(NotFound):
        start_stand_up(carla.team_id, by=by, at=at)
    with pytest.raises(NotFound):
        pass_turn(team, place=0, by=by, at=at)
    row = start_stand_up(team, by=by, at=at)
    assert start_stand_up(team, by=by, at=at + DAY / 99).pk == row.pk
    assert Event.objects.filter(kind="stand_up.started").count() == 1
    assert row.speaker == row.round_of[0]
    assert pass_turn(team, place=0, by=by, at=at).speaker == row.round_of[1]
    with pytest.raises(Stale):
        pass_turn(team, place=0, by=by, at=at)
    assert pass_turn(team, place=1, by=by, at=at).ended_at == at
    with pytest.raises(Refused):
        pass_turn(team, place=2, by=by, at=at)
    assert Event.objects.filter(kind="stand_up.ended").count() == 1


def test_say(anna: Any, boris: Any, carla: Any, person: Any, at: dt.datetime) -> None:
    row = say(anna.pk, worked="Asked who signs", by=Actor(anna), at=at)
    assert (
        say(anna.pk, worked="Asked who signs", plan="Vermeer", version=1, by=Actor(boris), at=at).version == 2
    )
    with pytest.raises(Stale):
        say(anna.pk, worked="Other", version=1, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        say(anna.pk, failed="x" * 1001, by=Actor(anna), at=at)
    for stranger in (carla, person("bert")):
        with pytest.raises(NotFound):
            say(anna.pk, worked="!", by=Actor(stranger), at=at)
    with pytest.raises(Forbidden):
        say(anna.pk, worked="!", by=Actor(person("olga", role="auditor", team=None)), at=at)
    kept = say(anna.pk, worked="Rang early", is_practice=True, by=Actor(boris), at=at)
    assert kept.worked == queries.practices()[0].text == "Rang early"
    assert queries.practices()[0].author == anna
    with pytest.raises(Invalid):
        say(anna.pk, is_practice=True, by=Actor(anna), at=at)
    # The next day is written anew; what was said before stays.
    assert say(anna.pk, worked="Next", by=Actor(anna), at=at + DAY).pk != row.pk
    assert StandUpWords.objects.get(pk=row.pk).worked == "Rang early"
    assert "Asked" not in str(list(Event.objects.values_list("payload", flat=True)))


def test_practices(anna: Any, boris: Any, carla: Any, pipeline: Any, client_of: Any, at: dt.datetime) -> None:
    """Read by all, searched by words and stage, removed by author or leader, brought back."""
    stage = pipeline.stages.order_by("position")[2]
    row = keep_practice("Ask who signs before the offer", stage=stage.pk, by=Actor(anna), at=at)
    keep_practice("Ring before nine", by=Actor(anna), at=at)
    assert [p.pk for p in queries.practices(words="SIGNS ask", stage=stage.pk)] == [row.pk]
    with pytest.raises(Invalid):
        keep_practice("  ", by=Actor(anna), at=at)
    with pytest.raises(Forbidden):
        remove_practice(row.pk, by=Actor(carla), at=at)
    page = client_of(carla).get("/practices?q=signs").content.decode()
    assert "Ask who signs" in page and "Ring before" not in page
    assert client_of(carla).get("/practices?export=csv").status_code == 403
    file = b"".join(client_of(boris).get("/practices?export=csv&q=signs").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Ask who signs" in file and "Ring" not in file
    remove_practice(row.pk, by=Actor(boris), at=at)
    assert row not in queries.practices()
    with pytest.raises(NotFound):
        remove_practice(row.pk, by=Actor(anna), at=at)
    bring_practice_back(row.pk, by=Actor(boris), at=at)
    assert row in queries.practices()


def test_pages_write(anna: Any, boris: Any, client_of: Any, pipeline: Any) -> None:
    """The whole morning by the page: begun, words said with a practice kept, passed on, over."""
    lead, team = client_of(boris), anna.team_id
    assert lead.post(f"/standup/{team}/start").status_code == 303
    assert "Next person" in lead.get("/standup").content.decode()
    stage = pipeline.stages.first().pk
    said = {"worked": "Asked who signs", "keep": "1", "stage": stage, "version": "0", "team": team}
    assert client_of(anna).post(f"/standup/words/{anna.pk}", said).status_code == 303
    assert [p.stage_id for p in queries.practices()] == [stage]
    again = client_of(anna).post(f"/standup/words/{anna.pk}", said | {"worked": "Lost words"})
    assert again.status_code == 409 and "Lost words" in again.content.decode()
    practice = queries.practices()[0]
    assert client_of(anna).post(f"/practices/{practice.pk}/remove").status_code == 303
    assert client_of(anna).post("/practices/keep", {"text": ""}).status_code == 422
    assert lead.post(f"/standup/{team}/next", {"place": 0}).status_code == 303
    assert lead.post(f"/standup/{team}/next", {"place": 1}).status_code == 303
    assert "ended" in lead.get("/standup").content.decode()


def test_span(person: Any, admin: Any, boris: Any, client_of: Any) -> None:
    """A team of eight is led well; of nine, one is warned."""
    for n in range(8):
        person(f"rep{n}")
    assert queries.large_teams(8) == []
    person("rep8")
    assert [people for _pk, _name, people in queries.large_teams(8)] == [9]
    assert "9 reps" in client_of(admin).get("/standup/span").content.decode()
    assert "9 reps" not in client_of(boris).get("/standup/span").content.decode()


def test_api(anna: Any, boris: Any, carla: Any, api_of: Any, monday: list[Deal]) -> None:
    lead = api_of(boris)
    found = lead.get(f"/stand-ups/{anna.team_id}?day=2026-03-03").json()
    turn = next(t for t in found["turns"] if t["person"] == anna.pk)
    assert {m["way"] for m in turn["moves"]} == {"up", "lost"}
    assert lead.get(f"/stand-ups/{carla.team_id}").status_code == 404
    words = api_of(anna).put(f"/stand-ups/words/{anna.pk}", {"worked": "Rang early"}).json()
    assert (words["worked"], words["version"], words["day"]) == ("Rang early", 1, str(timezone.localdate()))
    assert api_of(carla).put(f"/stand-ups/words/{anna.pk}", {"worked": "x"}).status_code == 404
    made = api_of(anna).post("/practices", {"text": "Ring before nine"})
    assert made.status_code == 201
    assert [p["id"] for p in api_of(carla).get("/practices?q=nine").json()["items"]] == [made.json()["id"]]
    assert api_of(carla).delete(f"/practices/{made.json()['id']}").status_code == 403
    assert lead.delete(f"/practices/{made.json()['id']}").status_code == 204
