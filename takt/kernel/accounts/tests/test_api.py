from typing import Any

import pytest
from django.test import Client


def test_strangers_get_a_problem_document(client: Client, db: Any) -> None:
    answer = client.get("/api/v1/users")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_everybody_reads_people_teams_and_roles(anna: Any, boris: Any, teams: Any, api_of: Any) -> None:
    program = api_of(anna)
    assert program.get("/me").json()["email"] == anna.email
    assert [u["name"] for u in program.get("/users?count=true").json()["items"]] == ["Anna", "Boris"]
    assert (
        program.get(f"/users?team={teams['north'].pk}&role=lead&q=bor").json()["items"][0]["id"] == boris.pk
    )
    assert program.get(f"/users/{boris.pk}").json()["role"] == "lead"
    assert len(program.get("/teams").json()["items"]) == 3
    assert program.get("/roles/lead").json() == {"id": "lead", "name": "Team lead"}
    assert len(program.get("/roles").json()["items"]) == 14
    page = program.get("/users?limit=1").json()
    assert program.get(f"/users?limit=1&cursor={page['next_cursor']}").json()["items"][0]["name"] == "Boris"


@pytest.mark.parametrize(
    "path", ["/users?password=x", "/users?sort=password", "/roles?x=1", "/teams?limit=0"]
)
def test_unknown_questions_are_refused(path: str, anna: Any, api_of: Any) -> None:
    answer = api_of(anna).get(path)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "path", ["/users/999999", f"/users/{2**64}", "/users/x", "/teams/999999", "/roles/boss"]
)
def test_missing(path: str, anna: Any, api_of: Any) -> None:
    assert api_of(anna).get(path).status_code == 404


def test_an_administrator_makes_and_edits(admin: Any, teams: Any, api_of: Any) -> None:
    program = api_of(admin)
    made = program.post("/users", {"email": "eva@takt.example", "name": "Eva", "team": teams["north"].pk})
    assert made.status_code == 201
    address = made["Location"]
    edited = program.patch(address, {"role": "lead"}, If_Match=made["ETag"])
    assert edited.json()["role"] == "lead"
    assert program.patch(address, {"role": "rep"}, If_Match=made["ETag"]).status_code == 412
    assert program.patch(address, {"is_active": False}).json()["is_active"] is False
    assert program.patch(address, {"is_active": True}).json()["is_active"] is True
    assert program.patch(address, {"is_demo": True}).status_code == 422
    assert program.patch(address, {"role": None}).status_code == 422
    team = program.post("/teams", {"name": "West", "parent": teams["north"].pk})
    assert program.patch(team["Location"], {"name": "Far West"}).json()["name"] == "Far West"
    assert program.patch(f"/teams/{teams['north'].pk}", {"parent": team.json()["id"]}).status_code == 422


def test_a_rep_administers_nothing(anna: Any, boris: Any, teams: Any, api_of: Any) -> None:
    program = api_of(anna)
    assert (
        program.post("/users", {"email": "x@takt.example", "name": "X", "role": "admin"}).status_code == 403
    )
    assert program.patch(f"/users/{anna.pk}", {"role": "admin"}).status_code == 403
    assert program.patch(f"/users/{boris.pk}", {"name": "B"}).status_code == 403
    assert program.post("/teams", {"name": "X"}).status_code == 403
    assert program.patch(f"/teams/{teams['north'].pk}", {"name": "X"}).status_code == 403
    assert program.patch(f"/users/{anna.pk}", {"name": "Ann"}).json()["name"] == "Ann"


def test_the_last_administrator_stays(admin: Any, api_of: Any) -> None:
    answer = api_of(admin).patch(f"/users/{admin.pk}", {"is_active": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
