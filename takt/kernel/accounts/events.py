"""Facts about people, teams and keys."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact, personal


@fact("user.created", _("added a user"))
class UserCreated(Fact):
    role: str
    team: int | None
    name: str | None = personal()
    email: str | None = personal()


@fact("user.edited", _("changed a user"))
class UserEdited(Fact):
    """`changes` and `own`: lists of {field, old, new}; `own` holds the name and the e-mail."""

    changes: list[dict[str, Any]]
    own: list[dict[str, Any]] | None = personal()


@fact("user.deactivated", _("deactivated a user"))
class UserDeactivated(Fact):
    role: str


@fact("user.reactivated", _("activated a user again"))
class UserReactivated(Fact):
    role: str


@fact("user.password_set", _("set a password"))
class PasswordSet(Fact):
    tokens_revoked: int


@fact("user.signed_in", _("signed in"))
class SignedIn(Fact):
    pass


@fact("team.created", _("added the team %(name)s"))
class TeamCreated(Fact):
    name: str
    parent: int | None


@fact("team.edited", _("changed a team"))
class TeamEdited(Fact):
    changes: list[dict[str, Any]]


@fact("token.created", _("made the API token %(name)s"))
class TokenCreated(Fact):
    name: str
    is_read_only: bool


@fact("token.revoked", _("revoked the API token %(name)s"))
class TokenRevoked(Fact):
    name: str


@fact("organisation.set_up", _("set up Takt"))
class OrganisationSetUp(Fact):
    template: str
    language: str
