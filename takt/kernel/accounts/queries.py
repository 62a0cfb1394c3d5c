"""Who a token belongs to, and whether Takt is set up."""

import hashlib

from django.contrib.auth.models import AnonymousUser
from django.core import signing

from takt.config.env import env
from takt.kernel.accounts.models import ApiToken, Role, User

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
