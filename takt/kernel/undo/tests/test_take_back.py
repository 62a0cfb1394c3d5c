"""Taking a step back: once, by oneself, within ten minutes."""

import datetime as dt
from typing import Any

import pytest

from takt.kernel.accounts.models import Team
from takt.kernel.events.models import Event
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound, Refused
from takt.kernel.undo.commands import forget_old_offers, offer, take_back
from takt.kernel.undo.registry import inverse, inverses


@pytest.fixture(autouse=True)
def _renaming() -> Any:
    @inverse("test.rename_team")
    @command
    def rename(team: int, name: str, *, by: Actor, at: dt.datetime) -> str:
        if name == "no":
            raise Refused("not now")
        Team.objects.filter(pk=team).update(name=name)
        return name

    yield
    del inverses["test.rename_team"]


@pytest.fixture
def token(anna: Any, at: dt.datetime) -> Any:
    team = anna.team_id
    return offer(inverse="test.rename_team", arguments={"team": team, "name": "Old"}, by=Actor(anna), at=at)


def test_works(anna: Any, at: dt.datetime, token: Any) -> None:
    assert take_back(token, by=Actor(anna), at=at + dt.timedelta(minutes=10)) == "Old"
    assert Team.objects.get(pk=anna.team_id).name == "Old"
    assert Event.objects.get(kind="undo.done").payload == {"inverse": "test.rename_team"}


def test_refuses_a_second_time(anna: Any, at: dt.datetime, token: Any) -> None:
    take_back(token, by=Actor(anna), at=at)
    with pytest.raises(Refused) as refused:
        take_back(token, by=Actor(anna), at=at)
    assert refused.value.code == "already_undone"


def test_refuses_after_ten_minutes(anna: Any, at: dt.datetime, token: Any) -> None:
    with pytest.raises(Refused) as refused:
        take_back(token, by=Actor(anna), at=at + dt.timedelta(minutes=10, seconds=1))
    assert refused.value.code == "undo_expired"


def test_another_s_step_does_not_exist(boris: Any, at: dt.datetime, token: Any) -> None:
    with pytest.raises(NotFound):
        take_back(token, by=Actor(boris), at=at)


def test_a_refusal_of_the_inverse_leaves_the_offer(anna: Any, at: dt.datetime) -> None:
    token = offer(inverse="test.rename_team", arguments={"team": 1, "name": "no"}, by=Actor(anna), at=at)
    for _time in range(2):
        with pytest.raises(Refused) as refused:
            take_back(token, by=Actor(anna), at=at)
        assert refused.value.code == "refused"


def test_nothing_is_offered_where_no_person_acts(anna: Any, at: dt.datetime) -> None:
    for by in (Actor(via="timer"), Actor(anna, via="import:1")):
        assert offer(inverse="test.rename_team", arguments={}, by=by, at=at) is None


def test_old_offers_are_forgotten(anna: Any, at: dt.datetime, token: Any, takt: Any) -> None:
    assert forget_old_offers(by=takt, at=at + dt.timedelta(hours=23)) == 0
    assert forget_old_offers(by=takt, at=at + dt.timedelta(hours=25)) == 1


def test_the_page(client_of: Any, anna: Any, boris: Any, at: dt.datetime) -> None:
    now = dt.datetime.now(dt.UTC)
    tokens = [
        offer(
            inverse="test.rename_team", arguments={"team": anna.team_id, "name": name}, by=Actor(anna), at=now
        )
        for name in ("Old", "Older", "no")
    ]
    client = client_of(anna)
    assert client_of(boris).post(f"/undo/{tokens[0]}").status_code == 404
    assert client.get(f"/undo/{tokens[0]}").status_code == 405
    assert client.post(f"/undo/{tokens[0]}", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    answer = client.post(f"/undo/{tokens[1]}", headers={"Referer": "http://testserver/deals/3"})
    assert answer["Location"] == "http://testserver/deals/3"
    refused = client.post(f"/undo/{tokens[2]}", headers={"HX-Request": "true"})
    assert refused.status_code == 409 and "not now" in refused["HX-Trigger"]
