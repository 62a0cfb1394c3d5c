"""What is kept of a sign-in, and of one that was refused."""

import datetime as dt

from takt.kernel.accounts import events
from takt.kernel.accounts.models import SignInFailure, User
from takt.kernel.accounts.queries import email_digest
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor


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
