from typing import Any

import pytest

from takt.kernel.access.reach import teams_below
from takt.kernel.accounts.commands import create_team, edit_team
from takt.kernel.accounts.queries import team_tree
from takt.kernel.events.models import Event
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound


def test_create_team(admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    west = create_team("West", teams["north"], by=acting_as(admin), at=at)
    assert teams_below(teams["sales"].pk).count(west.pk) == 1
    assert Event.objects.filter(kind="team.created", payload__name="West", actor=admin.pk).exists()
    assert [(n.path, n.depth) for n in team_tree()] == [
        ("Sales", 0),
        ("Sales / North", 1),
        ("Sales / North / West", 2),
        ("Sales / South", 1),
    ]


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b", "North"])
def test_names_that_are_refused(name: str, admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Invalid):
        create_team(name, teams["sales"], by=acting_as(admin), at=at)


def test_edit_team(admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    south = edit_team(teams["south"], {"name": "Süd", "parent": teams["north"]}, by=acting_as(admin), at=at)
    assert (south.name, south.parent) == ("Süd", teams["north"])
    changes = Event.objects.get(kind="team.edited").payload["changes"]
    assert changes[1] == {"field": "parent", "old": teams["sales"].pk, "new": teams["north"].pk}


def test_a_team_never_stands_below_itself(admin: Any, teams: Any, acting_as: Any, at: Any) -> None:
    for parent in (teams["sales"], teams["north"]):
        with pytest.raises(Invalid) as refused:
            edit_team(teams["sales"], {"parent": parent}, by=acting_as(admin), at=at)
        assert refused.value.errors[0].code == "cycle"


def test_only_an_administrator(dora: Any, teams: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(Forbidden):
        create_team("West", by=acting_as(dora), at=at)
    with pytest.raises(Forbidden):
        edit_team(teams["north"], {"name": "N"}, by=acting_as(dora), at=at)


def test_unknown(admin: Any, acting_as: Any, at: Any) -> None:
    with pytest.raises(NotFound):
        edit_team(987654, {"name": "N"}, by=acting_as(admin), at=at)
    with pytest.raises(Invalid):
        create_team("West", 987654, by=acting_as(admin), at=at)


def test_a_stale_change_is_refused(admin: Any, teams: Any, api_of: Any, client_of: Any) -> None:
    program, path = api_of(admin), f"/teams/{teams['north'].pk}"
    read = program.get(path)
    assert read["ETag"] == '"1"' and read.json()["version"] == 1
    assert program.patch(path, {"name": "East"}, If_Match='"1"')["ETag"] == '"2"'
    assert program.patch(path, {"name": "West"}, If_Match='"1"').status_code == 412
    page = client_of(admin).post(f"/settings{path}", {"name": "West", "version": "1", "parent": ""})
    assert page.status_code == 409
    assert "Someone else changed this record" in page.content.decode()
    teams["north"].refresh_from_db()
    assert teams["north"].name == "East"
