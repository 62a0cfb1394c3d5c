"""What people are told about: every kind in one place, with its words and how it reaches people unless they choose.

The words are told in the reader's language when they are read. `many` is for several acts of one go; `number` is the
notification's in the domain spec, section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from takt.kernel.lib.refusals import Text

NO, NOW, DAILY = "no", "now", "daily"
MAIL = {NO: _("No"), NOW: _("At once"), DAILY: _("Daily")}


@dataclass(frozen=True)
class Kind:
    """`group` is the line of the person's choices that it belongs to."""

    group: str
    sentence: Text
    many: Text | None = None

    def words(self, params: Mapping[str, Any]) -> str:
        if self.many is not None and params.get("count", 1) != 1:
            return str(self.many % {**params})  # type: ignore[operator]
        return str(self.sentence) % {"count": 1, **params}


@dataclass(frozen=True)
class Group:
    """What a person chooses as one: whether the bell counts it, and whether it comes by mail."""

    label: str | Promise
    number: str
    mail: str = NO
    bell: bool = True


GROUPS: dict[str, Group] = {
    "handed_over": Group(_("A deal or a customer becomes mine"), "N-22", NOW),
    "task_assigned": Group(_("A colleague gives me a task"), "N-04", NOW),
    "mention": Group(_("Somebody mentions me"), "N-35", NOW),
    "brought_in": Group(_("A deal is shared with me, or I am brought into it"), "N-22", NOW),
    "approval": Group(_("My approval is asked for, or my request is decided"), "N-15", NOW),
    "watched": Group(_("Something happens to a deal that I watch"), "N-13", DAILY),
    "soon": Group(_("A task or a meeting is soon"), "N-04, N-26"),
    "overdue": Group(_("Tasks are overdue (once a day)"), "N-05", DAILY),
    "no_next_step": Group(_("Deals without a next step (at 18:00)"), "N-06", DAILY),
    "team_no_next_step": Group(_("My team's deals without a next step (on Mondays)"), "N-06", DAILY),
    "overrun": Group(_("A deal stays in its stage for longer than is usual"), "N-07", DAILY),
    "silence": Group(_("Nothing has happened to a deal for 7, 15 or 30 days"), "N-09", DAILY),
    "date_passed": Group(_("A deal's closing date has passed"), "N-10", DAILY),
    "offer": Group(_("An offer ends in three days, or has ended"), "N-16", DAILY),
    "client_reminder": Group(
        _("The client's reminder of a meeting: to be sent, or it can't be"), "N-26", NOW
    ),
    "audit": Group(_("An audit asks me to put something right"), "N-24", NOW),
    "bonus": Group(_("My bonus: violations, objections, the approved month"), "N-25", NOW),
    "finished": Group(_("An import or an act on many records has ended"), "N-36"),
    "restored": Group(_("A colleague brings back a deal of mine"), "N-37"),
}

KINDS: dict[str, Kind] = {
    "deal.handed_over": Kind(
        "handed_over",
        _("%(actor)s handed the deal “%(deal)s” over to you"),
        ngettext_lazy(
            "%(actor)s handed %(count)d deal over to you",
            "%(actor)s handed %(count)d deals over to you",
            "count",
        ),
    ),
    "deal.handed_over_by_takt": Kind(
        "handed_over",
        _("The deal “%(deal)s” is now yours"),
        ngettext_lazy("%(count)d deal is now yours", "%(count)d deals are now yours", "count"),
    ),
    "company.handed_over": Kind(
        "handed_over",
        _("%(actor)s handed the company “%(record)s” over to you"),
        ngettext_lazy(
            "%(actor)s handed %(count)d company over to you",
            "%(actor)s handed %(count)d companies over to you",
            "count",
        ),
    ),
    "contact.handed_over": Kind(
        "handed_over",
        _("%(actor)s handed the contact “%(record)s” over to you"),
        ngettext_lazy(
            "%(actor)s handed %(count)d contact over to you",
            "%(actor)s handed %(count)d contacts over to you",
            "count",
        ),
    ),
    "task.assigned": Kind(
        "task_assigned",
        _("%(actor)s gave you the task “%(task)s”"),
        ngettext_lazy("%(actor)s gave you %(count)d task", "%(actor)s gave you %(count)d tasks", "count"),
    ),
    "deal.shared": Kind("brought_in", _("%(actor)s shared the deal “%(deal)s” with you")),
    "deal.part": Kind("brought_in", _("%(actor)s brought you into the deal “%(deal)s”")),
    "approval.requested": Kind("approval", _("%(actor)s asks you to approve the deal “%(deal)s”")),
    "approval.approved": Kind("approval", _("%(actor)s approved the deal “%(deal)s”")),
    "approval.rejected": Kind("approval", _("%(actor)s refused to approve the deal “%(deal)s”")),
    "note.mention": Kind("mention", _("%(actor)s mentioned you on “%(record)s”")),
    "watched.note": Kind("watched", _("%(actor)s wrote a note on “%(deal)s”, which you watch")),
    "watched.moved": Kind("watched", _("%(actor)s moved “%(deal)s”, which you watch, to another stage")),
    "watched.won": Kind("watched", _("%(actor)s won “%(deal)s”, which you watch")),
    "watched.lost": Kind("watched", _("“%(deal)s”, which you watch, is lost, says %(actor)s")),
    "watched.reopened": Kind("watched", _("%(actor)s returned “%(deal)s”, which you watch, to work")),
    "task.soon": Kind("soon", _("Due in a quarter of an hour: %(task)s")),
    "meeting.soon": Kind("soon", _("In half an hour: %(task)s")),
    "task.overdue": Kind(
        "overdue",
        _("A task is overdue: %(task)s"),
        ngettext_lazy("%(count)d task is overdue", "%(count)d tasks are overdue", "count"),
    ),
    "deal.no_next_step": Kind(
        "no_next_step",
        _("The deal “%(deal)s” has no next step"),
        ngettext_lazy("%(count)d deal has no next step", "%(count)d deals have no next step", "count"),
    ),
    "team.no_next_step": Kind(
        "team_no_next_step",
        _("The deal “%(deal)s” of your team has no next step"),
        ngettext_lazy(
            "%(count)d deal of your team has no next step",
            "%(count)d deals of your team have no next step",
            "count",
        ),
    ),
    "deal.overrun": Kind(
        "overrun",
        _("“%(deal)s” stays in its stage for longer than is usual"),
        ngettext_lazy(
            "%(count)d deal stays in its stage for longer than is usual",
            "%(count)d deals stay in their stages for longer than is usual",
            "count",
        ),
    ),
    "deal.silent": Kind(
        "silence",
        _("Nothing has happened to “%(deal)s” for %(days)d days"),
        ngettext_lazy(
            "Nothing has happened to %(count)d deal for %(days)d days",
            "Nothing has happened to %(count)d deals for %(days)d days",
            "count",
        ),
    ),
    "deal.date_passed": Kind(
        "date_passed",
        _("The closing date of “%(deal)s” has passed"),
        ngettext_lazy(
            "The closing date of %(count)d deal has passed",
            "The closing dates of %(count)d deals have passed",
            "count",
        ),
    ),
    "offer.ending": Kind(
        "offer",
        _("The offer on “%(deal)s” ends in three days at the latest"),
        ngettext_lazy(
            "The offer on %(count)d deal ends in three days at the latest",
            "The offers on %(count)d deals end in three days at the latest",
            "count",
        ),
    ),
    "offer.ended": Kind(
        "offer",
        _("The offer on “%(deal)s” has ended"),
        ngettext_lazy(
            "The offer on %(count)d deal has ended", "The offers on %(count)d deals have ended", "count"
        ),
    ),
    "reminder.draft": Kind(
        "client_reminder", _("The reminder to %(client)s waits for you to send it: %(task)s")
    ),
    "reminder.no_address": Kind(
        "client_reminder", _("%(client)s can't be reminded, no e-mail address is known: %(task)s")
    ),
    "reminder.failed": Kind("client_reminder", _("%(client)s could not be reminded by mail: %(task)s")),
    "reminder.unsure": Kind(
        "client_reminder", _("The reminder to %(client)s may not have arrived: %(task)s")
    ),
    "audit.failed": Kind(
        "audit",
        _("%(actor)s found something to put right in “%(deal)s”"),
        ngettext_lazy(
            "%(actor)s found something to put right in %(count)d deal",
            "%(actor)s found something to put right in %(count)d deals",
            "count",
        ),
    ),
    "bonus.violation": Kind("bonus", _("A violation counts for your bonus; you may object to it")),
    "bonus.appealed": Kind("bonus", _("%(actor)s objects to a violation")),
    "bonus.appeal_accepted": Kind("bonus", _("%(actor)s accepted your objection")),
    "bonus.appeal_refused": Kind("bonus", _("%(actor)s refused your objection")),
    "bonus.approved": Kind("bonus", _("%(actor)s approved your bonus of the month")),
    "bonus.reopened": Kind("bonus", _("%(actor)s reopened your bonus of the month")),
    "import.finished": Kind(
        "finished",
        _("The import “%(name)s” is done: %(created)d created, %(updated)d updated, %(refused)d refused"),
    ),
    "import.failed": Kind("finished", _("The import “%(name)s” could not be finished")),
    "bulk.ended": Kind(
        "finished", _("The act on many records is done: %(changed)d changed, %(skipped)d left out")
    ),
    "deal.restored": Kind(
        "restored",
        _("%(actor)s brought your deal “%(deal)s” back from the recycle bin"),
        ngettext_lazy(
            "%(actor)s brought %(count)d deal of yours back from the recycle bin",
            "%(actor)s brought %(count)d deals of yours back from the recycle bin",
            "count",
        ),
    ),
}
