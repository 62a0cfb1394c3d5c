"""The round of a stand-up: begun and led by whoever leads the team; each person's words."""

import datetime as dt

from django.utils.translation import gettext as _

from takt.insight.rituals.commands.practices import keep_practice
from takt.insight.rituals.events import StandUpEnded, StandUpStarted, StandUpTurnPassed, StandUpWordsSaid
from takt.insight.rituals.models import StandUp, StandUpWords
from takt.insight.rituals.queries import people_in, teams_of
from takt.insight.rituals.rules import round_on
from takt.kernel.access.reach import demand, may, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused, Stale
from takt.sales.deals.queries.gates import today_of

MOST_WORDS = 1000


def _team_led(team: int, by: Actor) -> int:
    if by.user is None or team not in {pk for pk, _name in teams_of(by.user)}:
        raise NotFound
    demand(by, "run_rituals")
    return team


@command
def start_stand_up(team: int, *, by: Actor, at: dt.datetime) -> StandUp:
    """Begin today's round of a team; begun twice it is the same round."""
    team, day = _team_led(team, by), today_of(at)
    order = round_on(day, [person.pk for person in people_in(team)])
    if not order:
        raise Refused(_("Nobody is in this team."), code="empty")
    # What another one began meanwhile is taken as it stands.
    made = StandUp(team_id=team, day=day, led_by=by.user, round_of=order, started_at=at, turn_at=at)
    StandUp.objects.bulk_create([made], ignore_conflicts=True)
    row = StandUp.objects.get(team=team, day=day)
    if row.started_at == at and row.led_by == by.user:
        about = ("team", team)
        record(StandUpStarted(team=team, day=day.isoformat(), people=len(order)), about=about, by=by, at=at)
    return row


@command
def pass_turn(team: int, *, place: int, by: Actor, at: dt.datetime) -> StandUp:
    """Give the floor to the next one; after the last the stand-up is over. `place` is whose turn the leader saw."""
    _team_led(team, by)
    day = today_of(at)
    row = StandUp.objects.select_for_update(of=("self",)).filter(team=team, day=day).first()
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise Refused(_("This stand-up is over."), code="already_closed")
    if place != row.place:
        raise Stale
    row.place, row.turn_at = row.place + 1, at
    if row.place >= len(row.round_of):
        row.ended_at = at
        record(StandUpEnded(team=team, day=day.isoformat()), about=("team", team), by=by, at=at)
    else:
        fact = StandUpTurnPassed(team=team, day=day.isoformat(), place=row.place)
        record(fact, about=("team", team), by=by, at=at)
    row.save(update_fields=["place", "turn_at", "ended_at"])
    return row


@command
def say(
    person: int, *, worked: str = "", failed: str = "", plan: str = "", version: int | None = None,
    is_practice: bool = False, stage: int | None = None, by: Actor, at: dt.datetime,
) -> StandUpWords:  # fmt: skip
    """A person's words of today: his own, or written down by whoever leads the round. Past days stay as they were.

    With `is_practice` what worked is kept for everybody too, by the stage that it helps in.
    """
    if by.user is None:
        raise Forbidden
    reach = owners_within(by.user, "deal")
    if person != by.user.pk and reach is not None and person not in reach:
        raise NotFound
    # The row of the person is the lock: words of two windows come one after the other.
    found = (
        User.objects.select_for_update(of=("self",), no_key=True).filter(pk=person, is_active=True).first()
    )
    if found is None:
        raise NotFound
    if person != by.user.pk and not may(by, "run_rituals"):
        raise Forbidden
    given = {"worked": worked.strip(), "failed": failed.strip(), "plan": plan.strip()}
    for name, text in given.items():
        if len(text) > MOST_WORDS:
            raise Invalid.field(name, _("At most 1,000 characters."), "too_long")
    day = today_of(at)
    row = StandUpWords.objects.filter(person=person, day=day).first() or StandUpWords(
        person=found, day=day, version=0
    )
    if version is not None and version != row.version:
        raise Stale
    if is_practice:
        if not given["worked"]:
            raise Invalid.field(
                "worked", _("Say what worked, then it can be kept as a practice."), "required"
            )
        keep_practice(given["worked"], stage=stage, author=found, by=by, at=at)
    if row.pk and all(getattr(row, name) == text for name, text in given.items()):
        return row
    for name, text in given.items():
        setattr(row, name, text)
    row.said_at, row.version = at, row.version + 1
    row.save()
    record(StandUpWordsSaid(person=person, day=day.isoformat()), about=("user", person), by=by, at=at)
    return row
