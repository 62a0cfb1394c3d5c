"""Who a token belongs to, who may enter, and whether Takt is set up."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db.models import Count, Q

from takt.config.env import env
from takt.kernel.accounts import rules
from takt.kernel.accounts.models import ApiToken, Role, SignInFailure, Team, User
from takt.kernel.lib.names import fold, sort_key

SET_UP_SALT = "takt.set-up"
SET_UP_LASTS_SECONDS = 7 * 24 * 3600


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def user_of_token(token: str) -> tuple[User | AnonymousUser, ApiToken | None]:
    """The user of a live token; a stranger where it is unknown, revoked or its user may not sign in."""
    row = (
        ApiToken.objects.filter(digest=digest_of(token), revoked_at=None, user__is_active=True)
        .select_related("user")
        .first()
    )
    return (row.user, row) if row and may_enter(row.user) else (AnonymousUser(), None)


def may_enter(user: User) -> bool:
    """Active people; the demo company's, whose passwords are printed, only where that is allowed."""
    return user.is_active and (not user.is_demo or env.demo_sign_in)


def is_set_up() -> bool:
    """Whether anybody administers this Takt, or did."""
    return User.objects.filter(role=Role.ADMIN).exists()


def set_up_token() -> str:
    """The signed part of the one-time set-up link."""
    return signing.dumps("set-up", salt=SET_UP_SALT)


def is_set_up_token(token: str) -> bool:
    """Whether the link is ours, young enough, and nobody has used it yet."""
    try:
        signing.loads(token, salt=SET_UP_SALT, max_age=SET_UP_LASTS_SECONDS)
    except signing.BadSignature:
        return False
    return not is_set_up()


def email_digest(email: str) -> str:
    return hashlib.sha256(fold(email).encode("utf-8", "surrogatepass")).hexdigest()


def may_try_sign_in(email: str, address: str, *, at: dt.datetime) -> bool:
    """Whether there were few enough failures with this e-mail, from this address and from everywhere."""
    since = at - dt.timedelta(minutes=rules.FAILURE_MINUTES)
    recent = SignInFailure.objects.filter(email_digest=email_digest(email), at__gte=since)
    addresses = list(recent.values_list("address", flat=True)[: rules.FAILURES_PER_EMAIL])
    return (
        len(addresses) < rules.FAILURES_PER_EMAIL
        and addresses.count(address[:64]) < rules.FAILURES_PER_ADDRESS
    )


@dataclass(frozen=True)
class TeamNode:
    """A team in its place: how deep, under which names, and how many active people are in it."""

    team: Team
    depth: int
    path: str
    members: int


def team_tree() -> list[TeamNode]:
    """All teams, each followed by those below it, by name."""
    rows = Team.objects.annotate(active=Count("members", filter=Q(members__is_active=True)))
    below: dict[int | None, list[Team]] = {}
    for row in sorted(rows, key=lambda t: sort_key(t.name)):
        below.setdefault(row.parent_id, []).append(row)
    found: list[TeamNode] = []

    def walk(parent: int | None, depth: int, path: str) -> None:
        for row in below.get(parent, []):
            here = f"{path} / {row.name}" if path else row.name
            found.append(TeamNode(row, depth, here, row.active))  # type: ignore[attr-defined]
            walk(row.pk, depth + 1, here)

    walk(None, 0, "")
    return found
