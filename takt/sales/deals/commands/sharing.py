"""Colleagues of a deal: with whom it is shared, who takes part, who watches (features DL18)."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.commands import give, take
from takt.kernel.access.models import Grant
from takt.kernel.access.reach import owners_within, who_may
from takt.kernel.access.rules import Level, rights_of
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.sales.deals import events_people as events
from takt.sales.deals.models import Deal, Watcher

MOST_DAYS = 3650


@command
def share_deal(
    deal: Any, user: Any, *, level: str = "view", expires_on: Any = None, by: Actor, at: dt.datetime
) -> Grant:
    """Let a colleague see or edit this one deal, for ever or to the end of a day.

    Nobody gives more than his role gives him: what was only shared with him can't be passed on.
    """
    found = _mine_to_give(deal, level, by=by)
    checks = Checks()
    person = _colleague(user, checks)
    if level not in Grant.Level.values:
        checks.wrong("level", _("Choose whether to view or to edit."), "unknown")
    until = checks.day("expires_on", expires_on)
    ends = _end_of(until) if until else None
    if ends is not None and not at < ends <= at + dt.timedelta(days=MOST_DAYS):
        checks.wrong("expires_on", _("Choose a day from today on."), "out_of_range")
    if person is not None and not checks.problems:
        _check_is_needed(found, person, level, checks)
    checks.finish()
    assert person is not None
    grant = give("deal", found.pk, person, Grant.Why.SHARE, level=level, expires_at=ends, by=by, at=at)
    fact = events.DealShared(
        user=person.pk, name=person.name, level=level, expires_at=until.isoformat() if until else None
    )
    record(fact, about=found, by=by, at=at)
    return grant


def _mine_to_give(deal: Any, level: str, *, by: Actor) -> Deal:
    """The deal, where the person's own role gives him this right on it."""
    found: Deal = Deal.objects.found(deal, by=by.user)
    owners = owners_within(by.user, "deal", "edit" if level == Grant.Level.EDIT else "view")
    if owners is not None and found.owner_id not in owners:
        raise Forbidden
    return found


def _colleague(user: Any, checks: Checks) -> User | None:
    text = str(getattr(user, "pk", user)).strip()
    person = None
    if text.isascii() and text.isdigit() and int(text) < 2**63:
        person = user if isinstance(user, User) else User.objects.filter(pk=int(text)).first()
    if person is None or not person.is_active:
        checks.wrong("user", _("Choose an active colleague."), "unknown")
        return None
    return person


def _check_is_needed(deal: Deal, person: User, level: str, checks: Checks) -> None:
    """A share that the person's role makes needless would only mislead whoever reads the list of shares."""
    owners = owners_within(person, "deal", level)
    if owners is None or deal.owner_id in owners:
        sentence = _("%(name)s may do this anyway.")
        checks.wrong("user", sentence % {"name": person.name}, "needless")
    elif rights_of(person.role, "deal").level(level) == Level.DENIED:
        sentence = _("The role of %(name)s allows no editing. Share it to view.")
        checks.wrong("level", sentence % {"name": person.name}, "role_forbids")


def _end_of(day: dt.date) -> dt.datetime:
    """The end of a day of the organisation."""
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0), zone)


@command
def unshare_deal(deal: Any, user: Any, *, by: Actor, at: dt.datetime) -> None:
    """Take a share back: whoever may edit the deal, whoever gave it, or the person himself. It holds at once."""
    found: Deal = Deal.objects.found(deal, by=by.user)
    person = _named(user)
    held = Grant.objects.filter(kind="deal", object_id=found.pk, user=person, why=Grant.Why.SHARE).first()
    if held is None:
        raise NotFound
    is_own = by.user is not None and by.user.pk in {person.pk, held.given_by_id}
    if not is_own:
        _mine_to_give(found, Grant.Level.EDIT, by=by)
    take("deal", found.pk, person, Grant.Why.SHARE, by=by, at=at)
    record(events.DealUnshared(user=person.pk, name=person.name), about=found, by=by, at=at)


def _named(user: Any) -> User:
    person = user if isinstance(user, User) else User.objects.filter(pk=user).first()
    if person is None:
        raise NotFound
    return person


@command
def add_participant(deal: Any, user: Any, *, role: str = "", by: Actor, at: dt.datetime) -> Grant:
    """A colleague takes part in the deal and sees it from now on; or his part is called otherwise."""
    found = _mine_to_give(deal, Grant.Level.EDIT, by=by)
    checks = Checks()
    person = _colleague(user, checks)
    part = checks.text("role", role, most=60)
    if person is not None and person.pk == found.owner_id:
        checks.wrong("user", _("The responsible person takes part anyway."), "needless")
    checks.finish()
    assert person is not None
    grant = give("deal", found.pk, person, Grant.Why.PART, role=part, by=by, at=at)
    fact = events.ParticipantAdded(user=person.pk, name=person.name, role=part)
    record(fact, about=found, by=by, at=at)
    return grant


@command
def remove_participant(deal: Any, user: Any, *, by: Actor, at: dt.datetime) -> None:
    """A colleague no longer takes part; whoever may edit the deal says so, or he himself."""
    found: Deal = Deal.objects.found(deal, by=by.user)
    person = _named(user)
    if by.user is None or by.user.pk != person.pk:
        _mine_to_give(found, Grant.Level.EDIT, by=by)
    if take("deal", found.pk, person, Grant.Why.PART, by=by, at=at) is None:
        raise NotFound
    record(events.ParticipantRemoved(user=person.pk, name=person.name), about=found, by=by, at=at)


@command
def watch_deal(deal: Any, user: Any = None, *, by: Actor, at: dt.datetime) -> Deal:
    """Be told of what happens to the deal; whoever may edit it may also set a colleague to watch who sees it."""
    found: Deal = Deal.objects.found(deal, by=by.user)
    person = by.user if user is None else _watching(found, user, by=by)
    if person is None:
        raise Invalid.field("user", _("Choose an active colleague."), "unknown")
    try:
        with transaction.atomic():
            Watcher.objects.create(deal=found, user=person, since=at)
    except IntegrityError:
        return found  # watches already
    record(events.DealWatched(user=person.pk, name=person.name), about=found, by=by, at=at)
    return found


def _watching(deal: Deal, user: Any, *, by: Actor) -> User | None:
    _mine_to_give(deal, Grant.Level.EDIT, by=by)
    checks = Checks()
    person = _colleague(user, checks)
    if person is not None and person.pk not in who_may("deal", deal.pk, deal.owner_id):
        sentence = _("%(name)s can't see this deal. Share it first.")
        checks.wrong("user", sentence % {"name": person.name}, "cannot_see")
    checks.finish()
    return person


@command
def unwatch_deal(deal: Any, user: Any = None, *, by: Actor, at: dt.datetime) -> Deal:
    """No longer be told; whoever may edit the deal may also take a colleague off."""
    found: Deal = Deal.objects.found(deal, by=by.user)
    person = by.user if user is None else _named(user)
    if person is None:
        raise NotFound
    if by.user is None or by.user.pk != person.pk:
        _mine_to_give(found, Grant.Level.EDIT, by=by)
    gone, _tables = Watcher.objects.filter(deal=found, user=person).delete()
    if gone:
        record(events.DealUnwatched(user=person.pk, name=person.name), about=found, by=by, at=at)
    return found
