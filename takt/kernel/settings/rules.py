"""The rules' parameters with their defaults and bounds (domain spec 10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text


@dataclass(frozen=True)
class Parameter:
    """A number that a rule of the firm uses; `about` says what follows from it."""

    label: Text
    default: int
    least: int
    most: int
    unit: Text = ""
    about: Text = ""


PARAMETERS: dict[str, Parameter] = {
    "actions.min": Parameter(
        _("Sales actions a day: pass level"),
        30,
        1,
        200,
        _("actions a day"),
        _("The day's plan of everybody without a norm of their own."),
    ),
    "actions.target": Parameter(
        _("Sales actions a day: target"),
        40,
        1,
        200,
        _("actions a day"),
        _("What a good day looks like. Not below the pass level."),
    ),
    "deal.max_contacts": Parameter(
        _("Contacts on one deal at most"),
        5,
        1,
        50,
        _("contacts"),
        _("One more is refused. Deals that have more already keep them."),
    ),
    "deal.prices_include_tax": Parameter(
        _("Prices on product lines include tax"),
        0 if settings.LANGUAGE_CODE.startswith("en") else 1,
        0,
        1,
        _("1 yes, 0 no"),
        _("Where they don't, tax comes on top of each line. Lines written before keep what held then."),
    ),
    "meeting.reminder": Parameter(
        _("Reminder of a meeting to the client"),
        2,
        0,
        2,
        _("0 none, 1 draft, 2 by itself"),
        _(
            "Sent by mail in the client's language and time. A draft waits until whoever has the meeting sends it."
        ),
    ),
    "meeting.reminder_hours": Parameter(
        _("Reminder of a meeting: how long before"),
        2,
        1,
        72,
        _("hours"),
        _("What would go out before 08:00 of the client's day goes at 18:00 the evening before."),
    ),
    "file.max_mb": Parameter(
        _("Size of one attached file at most"),
        50,
        1,
        2000,
        _("MB"),
        _("A larger one is refused. Files that are there already stay."),
    ),
    "team.max_first_line": Parameter(
        _("People that one leads directly, at most"),
        8,
        2,
        50,
        _("people"),
        _("A team with more reps is warned about on the page of teams. Nothing is refused."),
    ),
    "audit.a1": Parameter(
        _("Audit: an open deal has a next step"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a2": Parameter(
        _("Audit: what passed stages ask for is true"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a3": Parameter(
        _("Audit: the fields of the stage are filled in"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a4": Parameter(
        _("Audit: actions are recorded properly"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a5": Parameter(
        _("Audit: lost deals have a reason"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a6": Parameter(
        _("Audit: customer cards are complete"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.a7": Parameter(
        _("Audit: time in stage is within its norm"),
        1,
        0,
        1,
        _("1 yes, 0 no"),
        _("0 leaves this check out of every score."),
    ),
    "audit.days": Parameter(
        _("Audit: days looked back"),
        30,
        1,
        365,
        _("days"),
        _("Completed actions and closed deals of so many days are judged."),
    ),
    "audit.complete": Parameter(
        _("Audit: completeness of a customer's card"),
        80,
        1,
        100,
        _("percent"),
        _("A card with less is not complete."),
    ),
    "audit.fix_days": Parameter(
        _("Audit: working days to put things right"),
        2,
        1,
        30,
        _("working days"),
        _("The task that an audit gives is due then, unless the auditor says otherwise."),
    ),
    "pace.overrun": Parameter(
        _("Too long in a stage: alerts"),
        1,
        0,
        2,
        _("0 off, 1 warn, 2 enforce"),
        _(
            "The owner is told once per stay, and asked for a review. Enforced, a review is done only with a note and a next step."
        ),
    ),
    "pace.overrun_from": Parameter(
        _("Too long in a stage: alerts begin on"),
        0,
        0,
        29991231,
        _("year, month and day, as 20260331; 0 at once"),
        _("Before that day nobody is alerted."),
    ),
    "pace.review_percent": Parameter(
        _("Too long in a stage: a review is asked for"),
        150,
        100,
        1000,
        _("percent of the usual time"),
        _("At most five a day and person, the largest amounts first."),
    ),
    "pace.gap": Parameter(
        _("Next contact too far away, or a stage that stands still"),
        1,
        0,
        1,
        _("0 off, 1 warn"),
        _("Such deals are marked although they have a next step."),
    ),
    "pace.gap_percent": Parameter(
        _("Next contact: how far away at most"),
        33,
        1,
        200,
        _("percent of the pipeline's average cycle"),
        _("In working days, at least three. A stage may have its own limit."),
    ),
    "bin.days": Parameter(
        _("Days in the recycle bin"),
        30,
        1,
        365,
        _("days"),
        _("That long a deleted record can be brought back; afterwards it is gone for good."),
    ),
}


def contradicts(key: str, value: int, values: Mapping[str, int]) -> str:
    """The key of the parameter that this value would contradict, or nothing."""
    if key == "actions.min" and value > values["actions.target"]:
        return "actions.target"
    if key == "actions.target" and value < values["actions.min"]:
        return "actions.min"
    return ""
