"""Keys for programs."""

import datetime as dt
import secrets

from django.utils.translation import gettext as _

from takt.kernel.accounts import events, rules
from takt.kernel.accounts.commands.loading import key_of
from takt.kernel.accounts.models import ApiToken, User
from takt.kernel.accounts.queries import digest_of
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, NotFound, Refused


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
    row = rows.filter(pk=key_of(token)).first()
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        return
    row.revoked_at = at
    row.save(update_fields=["revoked_at"])
    record(events.TokenRevoked(name=row.name), about=[row.user, row], by=by, at=at)
