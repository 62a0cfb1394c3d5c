"""People, teams and keys: all writes. Only an administrator administers, and nobody raises himself."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.utils.translation import gettext as _

from takt.kernel.accounts import events, hooks, rules
from takt.kernel.accounts.models import ApiToken, Role, SignInFailure, Team, User
from takt.kernel.accounts.queries import digest_of, email_digest, is_set_up
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale

PERSONAL = {"name", "email"}
_SET_UP_LOCK = 7_425_001


# People


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
    _administers(by)
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
    for field, value in _clean(given, user).items():
        setattr(user, field, value)
    user.sort_key = sort_key(user.name)
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
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
    row = _locked_user(user, by=by, version=version)
    is_own = by.user is not None and by.user.pk == row.pk
    if not (is_own and set(changes) <= rules.OWN_FIELDS):
        _administers(by)
    new = _clean(changes, row)
    if row.is_admin and new.get("role", Role.ADMIN) != Role.ADMIN:
        _keep_an_administrator(row)
    changed = [(f, _shown(getattr(row, f)), _shown(v)) for f, v in new.items() if getattr(row, f) != v]
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
    _administers(by)
    row = _locked_user(user, by=by, version=version)
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
    _administers(by)
    row = _locked_user(user, by=by, version=version)
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
    row = _locked_user(user, by=by)
    if by.user is not None and by.user.pk == row.pk:
        if row.has_usable_password() and not row.check_password(current or ""):
            raise Invalid.field("current", _("This isn't your current password."), "wrong_password")
    else:
        _administers(by)
    _check_password(password, row)
    row.set_password(password)
    row.save(update_fields=["password"])
    revoked = ApiToken.objects.filter(user=row, revoked_at=None).update(revoked_at=at)
    record(events.PasswordSet(tokens_revoked=revoked), about=row, by=by, at=at)
    return row


def _administers(by: Actor) -> None:
    if by.user is not None and not (by.user.is_admin and by.user.is_active):
        raise Forbidden


def _locked_user(user: User | int, *, by: Actor, version: int | None = None) -> User:
    row = User.objects.select_for_update(of=("self",)).filter(pk=_key(user)).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale
    return row


def _key(ref: Any) -> int:
    number = ref if isinstance(ref, int) else getattr(ref, "pk", None)
    if not isinstance(number, int) or not 0 < number < 2**63:
        raise NotFound
    return number


def _keep_an_administrator(leaving: User) -> None:
    """At least one active administrator stays; all of them are locked, so that two can't leave at once."""
    admins = (
        User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").select_for_update(of=("self",))
    )
    if not [a for a in admins if a.pk != leaving.pk]:
        raise Refused(_("Takt needs at least one active administrator."), code="last_administrator")


def _shown(value: Any) -> Any:
    return value.pk if isinstance(value, Team) else value


def _clean(given: Mapping[str, Any], user: User) -> dict[str, Any]:
    """The fields in shape, or every problem at once."""
    checks = Checks()
    found: dict[str, Any] = {}
    for field, value in given.items():
        if field not in rules.FIELDS:
            checks.wrong(field, _("There is no such field."), "unknown")
        elif field == "email":
            found["email"] = _email(checks, value, user)
        elif field == "name":
            found["name"] = checks.text("name", value, most=120, required=True)
        elif field == "team":
            found["team"] = _team(checks, "team", value)
        elif field == "daily_norm":
            found["daily_norm"] = _norm(checks, value)
        else:
            found[field] = _choice(checks, field, value)
    checks.finish()
    return found


def _email(checks: Checks, value: Any, user: User) -> str:
    email = checks.text("email", value, most=254, required=True).lower()
    try:
        validate_email(email or "nobody@takt.example")
    except ValidationError:
        checks.wrong("email", _("Enter an e-mail address, such as anna@example.com."))
        return email
    if (
        email
        and "\x00" not in email
        and User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists()
    ):
        checks.wrong("email", _("Another user already has this e-mail address."), "taken")
    return email


def _team(checks: Checks, field: str, value: Any) -> Team | None:
    if value is None or isinstance(value, Team):
        return value
    found = Team.objects.filter(pk=value).first() if isinstance(value, int) and 0 < value < 2**63 else None
    if found is None:
        checks.wrong(field, _("There is no such team."), "unknown")
    return found


def _norm(checks: Checks, value: Any) -> int | None:
    if value is None or value == "":
        return None
    number = int(value) if str(value).isascii() and str(value).isdigit() and len(str(value)) < 5 else 0
    if not 1 <= number <= 200:
        checks.wrong("daily_norm", _("Enter a whole number from 1 to 200."), "out_of_range")
        return None
    return number


def _choice(checks: Checks, field: str, value: Any) -> str:
    text = value if isinstance(value, str) else ""
    if field == "role" and not rules.is_role(text):
        checks.wrong("role", _("There is no such role."), "unknown")
    elif field == "language" and text not in rules.LANGUAGES:
        checks.wrong("language", _("Choose English, Russian or Chinese."), "unknown")
    elif field == "theme" and not rules.is_theme(text):
        checks.wrong("theme", _("There is no such theme."), "unknown")
    elif field == "time_zone" and text and not rules.is_time_zone(text):
        checks.wrong("time_zone", _("There is no such time zone; enter one like Europe/Berlin."), "unknown")
    return text


def _check_password(password: str, user: User) -> None:
    if len(password) > rules.LONGEST_PASSWORD or "\x00" in password:
        raise Invalid.field("password", _("This password can't be used."), "invalid")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid.field("password", " ".join(error.messages), "weak_password") from error


# Teams


@command
def create_team(name: str, parent: Team | int | None = None, *, by: Actor, at: dt.datetime) -> Team:
    """Add a team, below `parent` or at the top."""
    _administers(by)
    checks = Checks()
    team = Team(
        name=checks.text("name", name, most=120, required=True), parent=_team(checks, "parent", parent)
    )
    _name_is_free(checks, team)
    checks.finish()
    team.save(force_insert=True)
    record(events.TeamCreated(name=team.name, parent=team.parent_id), about=team, by=by, at=at)
    return team


@command
def edit_team(team: Team | int, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> Team:
    """Rename a team or hang it elsewhere; never below itself."""
    _administers(by)
    # All teams are locked: two moves at once could otherwise make a ring together.
    teams = {t.pk: t for t in Team.objects.order_by("pk").select_for_update()}
    row = teams.get(_key(team))
    if row is None:
        raise NotFound
    checks = Checks()
    new: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "name":
            new["name"] = checks.text("name", value, most=120, required=True)
        elif field == "parent":
            new["parent"] = _team(checks, "parent", value)
        else:
            checks.wrong(field, _("There is no such field."), "unknown")
    if "parent" in new and rules.is_cycle(
        row.pk, _shown(new["parent"]), {t.pk: t.parent_id for t in teams.values()}
    ):
        checks.wrong("parent", _("A team can't stand below itself."), "cycle")
    changed = [
        {"field": f, "old": _shown(getattr(row, f)), "new": _shown(v)}
        for f, v in new.items()
        if getattr(row, f) != v
    ]
    for field, value in new.items():
        setattr(row, field, value)
    _name_is_free(checks, row)
    checks.finish()
    if changed:
        row.save(update_fields=[c["field"] for c in changed])
        record(events.TeamEdited(changes=changed), about=row, by=by, at=at)
    return row


def _name_is_free(checks: Checks, team: Team) -> None:
    if "\x00" in team.name or checks.problems:
        return
    if Team.objects.filter(name=team.name, parent=team.parent_id).exclude(pk=team.pk).exists():
        checks.wrong("name", _("There is already a team of this name here."), "taken")


# Keys for programs


@command
def create_token(
    name: str, *, is_read_only: bool = False, user: User | None = None, by: Actor, at: dt.datetime
) -> tuple[ApiToken, str]:
    """Make a key with its user's rights; the plain key is answered this once and never stored.

    A person makes keys only for himself; Takt's own command line for anybody.
    """
    owner = user or by.user
    if owner is None or (by.user is not None and by.user.pk != owner.pk) or not owner.is_active:
        raise Forbidden
    checks = Checks()
    called = checks.text("name", name, most=120, required=True)
    checks.finish()
    if ApiToken.objects.filter(user=owner, revoked_at=None).count() >= rules.MOST_TOKENS:
        sentence = _("At most %(most)d tokens; revoke one first.") % {"most": rules.MOST_TOKENS}
        raise Refused(sentence, code="limit_reached")
    plain = "takt_" + secrets.token_urlsafe(32)
    row = ApiToken(user=owner, name=called, digest=digest_of(plain), is_read_only=is_read_only, created_at=at)
    row.save(force_insert=True)
    record(events.TokenCreated(name=called, is_read_only=is_read_only), about=[owner, row], by=by, at=at)
    return row, plain


@command
def revoke_token(token: ApiToken | int, *, by: Actor, at: dt.datetime) -> None:
    """End a key at once: one's own, or anybody's as administrator."""
    rows = ApiToken.objects.select_for_update(of=("self",)).select_related("user")
    if by.user is not None and not by.user.is_admin:
        rows = rows.filter(user=by.user)
    row = rows.filter(pk=_key(token)).first()
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        return
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    record(events.TokenRevoked(name=row.name), about=[row.user, row], by=by, at=at)


# Signing in


@command
def note_sign_in(user: User, *, by: Actor, at: dt.datetime) -> None:
    """Keep when a person last signed in, and forget his failed tries."""
    User.objects.filter(pk=user.pk).update(last_login=at)
    SignInFailure.objects.filter(email_digest=email_digest(user.email)).delete()
    record(events.SignedIn(), about=user, by=by, at=at)


@command
def note_sign_in_failure(email: str, address: str, *, by: Actor, at: dt.datetime) -> None:
    """Count a refused sign-in; whether the e-mail is known makes no difference."""
    SignInFailure.objects.filter(at__lt=at - dt.timedelta(hours=1)).delete()
    SignInFailure.objects.create(email_digest=email_digest(email), address=address[:64], at=at)


# The first start


@command
def set_up_organisation(
    name: str, email: str, password: str, language: str, template: str, *, by: Actor, at: dt.datetime
) -> User:
    """Make the first administrator and the first pipeline; once, while there is no administrator."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SET_UP_LOCK])
    if is_set_up():
        raise Refused(_("Takt is already set up. Sign in instead."), code="already_set_up")
    if template not in rules.TEMPLATES:
        raise Invalid.field("template", _("Choose one of the templates."), "unknown")
    user = create_user(email, name, Role.ADMIN, language=language, password=password, by=by, at=at)
    admin = Actor(user=user, via=by.via)
    for prepare in hooks.on_first_setup:
        prepare(template, language, by=admin, at=at)
    record(events.OrganisationSetUp(template=template, language=language), about=user, by=admin, at=at)
    return user
