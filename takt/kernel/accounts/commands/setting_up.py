"""The first start: the first administrator and the first pipeline."""

import datetime as dt

from django.db import connection
from django.utils.translation import gettext as _

from takt.kernel.accounts import events, hooks, rules
from takt.kernel.accounts.commands.people import create_user
from takt.kernel.accounts.models import Role, User
from takt.kernel.accounts.queries import is_set_up
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Refused

_SET_UP_LOCK = 7_425_001


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
