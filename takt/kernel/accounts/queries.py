"""Who a token belongs to."""

import hashlib

from django.contrib.auth.models import AnonymousUser

from takt.kernel.accounts.models import ApiToken, User


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def user_of_token(token: str) -> tuple[User | AnonymousUser, ApiToken | None]:
    """The user of a live token; a stranger where it is unknown, revoked or its user is inactive."""
    row = (
        ApiToken.objects.filter(digest=digest_of(token), revoked_at=None, user__is_active=True)
        .select_related("user")
        .first()
    )
    return (row.user, row) if row else (AnonymousUser(), None)
