"""Users, teams and roles for programs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Filled, Input, one_of
from takt.kernel.accounts import commands
from takt.kernel.accounts.lists import TEAMS, USERS
from takt.kernel.accounts.models import Role, Team, User
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import api_list, api_whole, check_if_match, with_etag

router = Router(tags=["users"])
LARGEST_ID = 2**63 - 1


class UserOut(Schema):
    id: int
    name: str
    email: str
    role: str
    team: int | None
    is_active: bool
    version: int


class MeOut(UserOut):
    language: str
    theme: str
    time_zone: str
    daily_norm: int | None
    is_read_only: bool


class UsersOut(Schema):
    items: list[UserOut]
    next_cursor: str | None
    total: int | None = None


RoleName = one_of(Role.values)
Language = one_of(["", *(code for code, _name in settings.LANGUAGES)])


class NewUser(Input):
    email: Filled
    name: Filled
    role: RoleName = Role.REP.value  # type: ignore[valid-type]
    team: int | None = None
    language: Language = ""  # type: ignore[valid-type]
    time_zone: str = ""
    daily_norm: int | None = None
    password: str | None = None


class UserChanges(Input):
    email: Filled = ""
    name: Filled = ""
    role: RoleName = ""  # type: ignore[valid-type]
    team: int | None = None
    language: Language = ""  # type: ignore[valid-type]
    time_zone: str = ""
    theme: one_of(User.Theme.values) = ""  # type: ignore[valid-type]
    daily_norm: int | None = None
    is_active: bool = True


class TeamOut(Schema):
    id: int
    name: str
    parent: int | None
    version: int


class TeamsOut(Schema):
    items: list[TeamOut]
    next_cursor: str | None
    total: int | None = None


class NewTeam(Input):
    name: Filled
    parent: int | None = Field(None, ge=1, le=LARGEST_ID)


class TeamChanges(Input):
    name: Filled = ""
    parent: int | None = Field(None, ge=1, le=LARGEST_ID)


class RoleOut(Schema):
    id: str
    name: str


class RolesOut(Schema):
    items: list[RoleOut]
    next_cursor: str | None
    total: int | None = None


def user_json(user: User) -> dict[str, Any]:
    """A colleague as everybody who is signed in may see him."""
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "team": user.team_id,
        "is_active": user.is_active,
        "version": user.version,
    }


def team_json(team: Team) -> dict[str, Any]:
    return {"id": team.pk, "name": team.name, "parent": team.parent_id, "version": team.version}


@router.get("/me", response={200: MeOut, **PROBLEMS}, summary="The token's own user")
def me(request: HttpRequest) -> dict[str, Any]:
    user: User = request.user
    return {
        **user_json(user),
        "language": user.language,
        "theme": user.theme,
        "time_zone": user.time_zone,
        "daily_norm": user.daily_norm,
        "is_read_only": bool(request.token and request.token.is_read_only),
    }


@router.get("/users", response={200: UsersOut, **PROBLEMS}, exclude_unset=True)
def list_users(request: HttpRequest) -> dict[str, Any]:
    return api_list(request, USERS, User.objects.all(), user_json)


@router.post("/users", response={201: UserOut, **PROBLEMS})
def create_user(request: HttpRequest, payload: NewUser, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    user = commands.create_user(**payload.dict(), **acting(request))
    response["Location"] = f"/api/v1/users/{user.pk}"
    with_etag(response, user)
    return 201, user_json(user)


@router.get("/users/{int:pk}", response={200: UserOut, **PROBLEMS})
def one_user(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    user = _user(pk)
    with_etag(response, user)
    return user_json(user)


@router.patch("/users/{int:pk}", response={200: UserOut, **PROBLEMS})
def edit_user(request: HttpRequest, pk: int, payload: UserChanges, response: HttpResponse) -> dict[str, Any]:
    user = _user(pk)
    check_if_match(request, user)
    changes = payload.dict(exclude_unset=True)
    version = user.version if "If-Match" in request.headers else None
    user = commands.change_user(user, changes, version=version, **acting(request))
    with_etag(response, user)
    return user_json(user)


@router.get("/teams", response={200: TeamsOut, **PROBLEMS}, exclude_unset=True)
def list_teams(request: HttpRequest) -> dict[str, Any]:
    return api_list(request, TEAMS, Team.objects.all(), team_json)


@router.post("/teams", response={201: TeamOut, **PROBLEMS})
def create_team(request: HttpRequest, payload: NewTeam, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    team = commands.create_team(**payload.dict(), **acting(request))
    response["Location"] = f"/api/v1/teams/{team.pk}"
    with_etag(response, team)
    return 201, team_json(team)


@router.get("/teams/{int:pk}", response={200: TeamOut, **PROBLEMS})
def one_team(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    team = _team(pk)
    with_etag(response, team)
    return team_json(team)


@router.patch("/teams/{int:pk}", response={200: TeamOut, **PROBLEMS})
def edit_team(request: HttpRequest, pk: int, payload: TeamChanges, response: HttpResponse) -> dict[str, Any]:
    team = _team(pk)
    check_if_match(request, team)
    version = team.version if "If-Match" in request.headers else None
    team = commands.edit_team(team, payload.dict(exclude_unset=True), version=version, **acting(request))
    with_etag(response, team)
    return team_json(team)


@router.get("/roles", response={200: RolesOut, **PROBLEMS}, exclude_unset=True)
def list_roles(request: HttpRequest) -> dict[str, Any]:
    return api_whole(request, [_role(role) for role in Role])


@router.get("/roles/{slug}", response={200: RoleOut, **PROBLEMS})
def one_role(request: HttpRequest, slug: str) -> dict[str, Any]:
    if slug not in Role.values:
        raise NotFound
    return _role(Role(slug))


def _role(role: Role) -> dict[str, Any]:
    return {"id": role.value, "name": str(role.label)}


def _user(pk: int) -> User:
    user = User.objects.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if user is None:
        raise NotFound
    return user


def _team(pk: int) -> Team:
    team = Team.objects.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if team is None:
        raise NotFound
    return team
