"""The rule of the bonus and people's full bonuses; both are only ever followed by newer ones."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from takt.insight.audits.rules import CODES
from takt.insight.bonus.events import BonusBaseSet, BonusRuleSet
from takt.insight.bonus.models import BonusBase, BonusRule, BonusSheet
from takt.insight.bonus.queries import people_seen
from takt.insight.bonus.rules import MODES, first_of
from takt.kernel.access.reach import demand
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.currencies import is_currency
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Problem, Refused
from takt.sales.deals.queries.gates import today_of

BOUNDS = {
    "single": (0, 100),
    "repeated": (0, 100),
    "repeats": (2, 10),
    "tolerance": (0, 50),
    "appeal_days": (1, 30),
}
MOST = Decimal(10) ** 12


@command
def set_rule(
    *,
    from_on: dt.date,
    single: int,
    repeated: int,
    repeats: int = 2,
    tolerance: int = 2,
    appeal_days: int = 3,
    modes: Mapping[str, str],
    by: Actor,
    at: dt.datetime,
) -> BonusRule:
    """What the bonus goes by from a day on. Never for days that are past: nobody is judged by a rule he couldn't know.

    Percentages hold for the months that begin then, a check's mode for the audits that begin then.
    """
    demand(by, "approve_bonus")
    given = {
        "single": single,
        "repeated": repeated,
        "repeats": repeats,
        "tolerance": tolerance,
        "appeal_days": appeal_days,
    }
    problems = []
    for name, (least, most) in BOUNDS.items():
        if not least <= given[name] <= most:
            sentence = _("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
            problems.append(Problem(name, "out_of_range", sentence))
    if repeated > single:
        problems.append(
            Problem("repeated", "contradicts", _("A repeated violation can't leave more than a single one."))
        )
    if from_on < today_of(at):
        problems.append(Problem("from_on", "out_of_range", _("Choose today or a later day.")))
    if wrong := [code for code, mode in modes.items() if code not in CODES or mode not in MODES]:
        problems.append(Problem(wrong[0], "unknown", _("Choose one of the answers.")))
    if problems:
        raise Invalid(errors=problems)
    kept = {code: modes[code] for code in CODES if modes.get(code, "off") != "off"}
    row = BonusRule.objects.create(from_on=from_on, **given, modes=kept, set_by=_person(by), set_at=at)
    record(
        BonusRuleSet(from_on=from_on.isoformat(), **given, modes=kept),
        about=("bonus_rule", row.pk),
        by=by,
        at=at,
    )
    return row


@command
def set_base(
    person: int, *, month: dt.date, amount: Any, currency: str, by: Actor, at: dt.datetime
) -> BonusBase:
    """A person's full bonus from a month on; refused where that month is approved already."""
    demand(by, "approve_bonus")
    found = seen_person(person, by)
    if by.user is not None and found.pk == by.user.pk:
        raise Forbidden(_("Somebody else decides about your own bonus."))
    try:
        value = Decimal(str(amount).strip().replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise Invalid.field("amount", _("Enter an amount."), "unreadable") from None
    if not value.is_finite() or not 0 <= value < MOST or value != round(value, 2):
        raise Invalid.field("amount", _("Enter an amount."), "out_of_range")
    if not is_currency(currency):
        raise Invalid.field("currency", _("There is no such currency."), "unknown")
    month = first_of(month)
    if BonusSheet.objects.filter(person=found, month__gte=month, reopened_at=None).exists():
        raise Refused(_("A month from then on is approved already."), code="frozen")
    row = BonusBase.objects.create(
        person=found, from_month=month, amount=value, currency=currency, set_by=_person(by), set_at=at
    )
    record(BonusBaseSet(month=month.isoformat()), about=("bonus_base", row.pk), by=by, at=at)
    return row


def seen_person(person: Any, by: Actor) -> User:
    """The person, locked, so that his month changes by one act at a time."""
    rows = people_seen(by.user).filter(pk=person)
    found = User.objects.filter(pk__in=rows.values("pk")).select_for_update(of=("self",)).first()
    if found is None:
        raise NotFound
    return found


def _person(by: Actor) -> User:
    if by.user is None:
        raise Forbidden
    return by.user
