"""Whose session counts."""

from django.contrib.auth.backends import ModelBackend

from takt.kernel.accounts.models import User
from takt.kernel.accounts.queries import may_enter


class Backend(ModelBackend):
    """Passwords as Django checks them. A session ends with the right to enter: one of the demo's people, opened at
    home, is worth nothing once Takt can be reached from a network."""

    def get_user(self, user_id: int) -> User | None:
        user = super().get_user(user_id)
        return user if isinstance(user, User) and may_enter(user) else None
