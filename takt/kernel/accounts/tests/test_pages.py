"""The pages of people and teams: what they show, whom they let act."""

from typing import Any

import pytest

from conftest import PASSWORD
from takt.kernel.accounts.models import Team, User


def test_an_administrator_runs_the_house(admin: Any, anna: Any, teams: Any, client_of: Any) -> None:
    page = client_of(admin)
    assert b"anna@takt.example" in page.get("/settings/users").content
    form = {
        "email": "eva@takt.example",
        "name": "Eva",
        "role": "rep",
        "team": teams["north"].pk,
        "language": "ru",
    }
    assert page.post("/settings/users", form | {"password": PASSWORD}).status_code == 302
    eva = User.objects.get(email="eva@takt.example")
    assert (eva.language, eva.team) == ("ru", teams["north"])
    address = f"/settings/users/{eva.pk}"
    assert page.get(address).status_code == 200
    assert page.post(address, form | {"role": "lead", "team": "", "version": "1"}).status_code == 302
    eva.refresh_from_db()
    assert (eva.role, eva.team) == ("lead", None)
    assert page.post(f"{address}/password", {"password": "another long phrase"}).status_code == 302
    assert page.post(f"{address}/deactivate").status_code == 302
    assert page.post(f"{address}/reactivate").status_code == 302
    assert page.post("/settings/teams", {"name": "West", "parent": teams["sales"].pk}).status_code == 302
    west = Team.objects.get(name="West")
    assert page.get(f"/settings/teams/{west.pk}").status_code == 200
    assert page.post(f"/settings/teams/{west.pk}", {"name": "W", "parent": ""}).status_code == 302
    assert b"/settings/users" in page.get("/settings").content


def test_wrong_input_is_shown_beside_its_field(admin: Any, teams: Any, client_of: Any) -> None:
    page = client_of(admin)
    answer = page.post("/settings/users", {"email": "nonsense", "name": "<b>Eva", "role": "x", "team": "y"})
    assert answer.status_code == 422
    assert b"nonsense" in answer.content and b"<b>Eva" not in answer.content
    assert page.post("/settings/teams", {"name": "", "parent": "9" * 30}).status_code == 422
    assert (
        page.post(
            f"/settings/teams/{teams['sales'].pk}", {"name": "S", "parent": teams["north"].pk}
        ).status_code
        == 422
    )
    assert page.post(f"/settings/users/{admin.pk}", {"role": "rep"}).status_code == 409


@pytest.mark.parametrize(
    "path", ["/settings/users", "/settings/users/1", "/settings/teams", "/settings/teams/1", "/settings/jobs"]
)
def test_others_may_not(path: str, dora: Any, client_of: Any) -> None:
    page = client_of(dora)
    assert page.get(path).status_code == 403
    assert b"/settings/users" not in page.get("/settings").content


def test_ones_own_profile(anna: Any, client_of: Any) -> None:
    page = client_of(anna)
    form = {
        "name": "Ann",
        "language": "zh-hans",
        "theme": "dark",
        "time_zone": "Asia/Shanghai",
        "daily_norm": "35",
    }
    assert page.post("/settings/profile", form | {"role": "admin"}).status_code == 302
    anna.refresh_from_db()
    assert (anna.name, anna.language, anna.daily_norm, anna.role) == ("Ann", "zh-hans", 35, "rep")
    assert page.post("/settings/profile", {"time_zone": "Mars"}).status_code == 422
    assert page.get("/settings/profile").headers["Content-Language"] == "zh-hans"
