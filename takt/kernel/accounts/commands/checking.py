"""What a person typed about an account, in shape or refused with every problem at once."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from takt.kernel.accounts import rules
from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid


def clean_fields(given: Mapping[str, Any], user: User) -> dict[str, Any]:
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
            found["team"] = clean_team(checks, "team", value)
        elif field == "single_keys":
            if value not in {True, False, "true", "false"}:
                checks.wrong(field, _("Choose on or off."), "unknown")
            found[field] = value in {True, "true"}
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


def clean_team(checks: Checks, field: str, value: Any) -> Team | None:
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


def check_password(password: str, user: User) -> None:
    if len(password) > rules.LONGEST_PASSWORD or "\x00" in password:
        raise Invalid.field("password", _("This password can't be used."), "invalid")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid.field("password", " ".join(error.messages), "weak_password") from error
