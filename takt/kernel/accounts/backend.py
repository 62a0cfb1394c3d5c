"""Whose session counts."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from takt.kernel.accounts.models import User
from takt.kernel.accounts.queries import may_enter
from takt.kernel.lib.standing import standing


@standing
def _user(pk: int) -> QuerySet[User]:
    return User.objects.filter(pk=pk)


class Backend(ModelBackend):
    """Passwords as Django checks them. A session ends with the right to enter: one of the demo's people, opened at
    home, is worth nothing once Takt can be reached from a network."""

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(_user(user_id)), None)
        return user if user is not None and may_enter(user) else None
