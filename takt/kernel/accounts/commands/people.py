"""Letting people in, changing them, ending their access."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.kernel.accounts import events, hooks, rules
from takt.kernel.accounts.commands.checking import check_password, clean_fields
from takt.kernel.accounts.commands.loading import demand_administrator, locked_user, shown
from takt.kernel.accounts.models import ApiToken, Role, Team, User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Invalid, Refused

PERSONAL = {"name", "email"}


@command
def create_user(
    email: str,
    name: str,
    role: str = Role.REP,
    team: Team | int | None = None,
    *,
    language: str = "",
    time_zone: str = "",
    theme: str = User.Theme.AUTO,
    daily_norm: int | None = None,
    password: str | None = None,
    is_demo: bool = False,
    by: Actor,
    at: dt.datetime,
) -> User:
    """Let a person in. Without a password he can't sign in until one is set; the language is the author's."""
    demand_administrator(by)
    user = User(created_at=at, is_demo=is_demo)
    given = {
        "email": email,
        "name": name,
        "role": role,
        "team": team,
        "language": language or (by.user.language if by.user else settings.LANGUAGE_CODE),
        "time_zone": time_zone,
        "theme": theme,
        "daily_norm": daily_norm,
    }
    for field, value in clean_fields(given, user).items():
        setattr(user, field, value)
    user.sort_key = sort_key(user.name)
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    user.save(force_insert=True)
    fact = events.UserCreated(role=user.role, team=user.team_id, name=user.name, email=user.email)
    record(fact, about=user, by=by, at=at, person=("user", user.pk))
    return user


@command
def edit_user(
    user: User | int, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> User:
    """Change a user's fields; a person may change only his own name and preferences."""
    row = locked_user(user, by=by, version=version)
    is_own = by.user is not None and by.user.pk == row.pk
    if not (is_own and set(changes) <= rules.OWN_FIELDS):
        demand_administrator(by)
    new = clean_fields(changes, row)
    if row.is_admin and new.get("role", Role.ADMIN) != Role.ADMIN:
        _keep_an_administrator(row)
    changed = [(f, shown(getattr(row, f)), shown(v)) for f, v in new.items() if getattr(row, f) != v]
    if not changed:
        return row
    for field, _old, _new in changed:
        setattr(row, field, new[field])
    row.sort_key = sort_key(row.name)
    row.version += 1
    row.save(update_fields=[*(f for f, _o, _n in changed), "sort_key", "version"])
    listed = [{"field": f, "old": old, "new": value} for f, old, value in changed]
    fact = events.UserEdited(
        changes=[c for c in listed if c["field"] not in PERSONAL],
        own=[c for c in listed if c["field"] in PERSONAL] or None,
    )
    record(fact, about=row, by=by, at=at, person=("user", row.pk))
    return row


@command
def change_user(
    user: User | int, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> User:
    """`edit_user`, where the changes may also say `is_active`."""
    fields = {field: value for field, value in changes.items() if field != "is_active"}
    row = edit_user(user, fields, by=by, at=at, version=version)
    if "is_active" not in changes:
        return row
    return (reactivate_user if changes["is_active"] else deactivate_user)(row, by=by, at=at)


@command
def deactivate_user(user: User | int, *, by: Actor, at: dt.datetime, version: int | None = None) -> User:
    """End a person's access at once, pages and tokens alike. His records stay; the rooms above hand them on."""
    demand_administrator(by)
    row = locked_user(user, by=by, version=version)
    if not row.is_active:
        return row
    if row.is_admin:
        _keep_an_administrator(row)
    row.is_active = False
    row.version += 1
    row.save(update_fields=["is_active", "version"])
    for hand_on in hooks.on_deactivate:
        hand_on(row, by=by, at=at)
    record(events.UserDeactivated(role=row.role), about=row, by=by, at=at)
    return row


@command
def reactivate_user(user: User | int, *, by: Actor, at: dt.datetime, version: int | None = None) -> User:
    """Let a person in again; tokens revoked in the meantime stay revoked."""
    demand_administrator(by)
    row = locked_user(user, by=by, version=version)
    if row.is_active:
        return row
    row.is_active = True
    row.version += 1
    row.save(update_fields=["is_active", "version"])
    record(events.UserReactivated(role=row.role), about=row, by=by, at=at)
    return row


@command
def set_password(
    user: User | int, password: str, *, current: str | None = None, by: Actor, at: dt.datetime
) -> User:
    """Set a password; one's own only with the current one. All other sessions and all API tokens end."""
    row = locked_user(user, by=by)
    if by.user is not None and by.user.pk == row.pk:
        if row.has_usable_password() and not row.check_password(current or ""):
            raise Invalid.field("current", _("This isn't your current password."), "wrong_password")
    else:
        demand_administrator(by)
    check_password(password, row)
    row.set_password(password)
    row.save(update_fields=["password"])
    revoked = ApiToken.objects.filter(user=row, revoked_at=None).update(revoked_at=at)
    record(events.PasswordSet(tokens_revoked=revoked), about=row, by=by, at=at)
    return row


def _keep_an_administrator(leaving: User) -> None:
    """At least one active administrator stays; all of them are locked, so that two can't leave at once."""
    admins = (
        User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").select_for_update(of=("self",))
    )
    if not [a for a in admins if a.pk != leaving.pk]:
        raise Refused(_("Takt needs at least one active administrator."), code="last_administrator")
