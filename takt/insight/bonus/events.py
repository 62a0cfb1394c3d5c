"""Facts about the bonus. What anybody's bonus is stands in none of them: the stream of events has more readers."""

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("bonus.rule_set", _("set the rule of the bonus from %(from_on)s on"))
class BonusRuleSet(Fact):
    from_on: str
    single: int
    repeated: int
    repeats: int
    tolerance: int
    appeal_days: int
    modes: dict[str, str]


@fact("bonus.base_set", _("set the full bonus from the month %(month)s on"))
class BonusBaseSet(Fact):
    month: str


@fact("bonus.violation_found", _("noted that something an audit found was not put right in time"))
class BonusViolationFound(Fact):
    audit: int


@fact("bonus.appealed", _("objected to a violation"))
class BonusAppealed(Fact):
    appeal: int


@fact("bonus.appeal_decided", _("decided about an objection to a violation"))
class BonusAppealDecided(Fact):
    appeal: int


@fact("bonus.month_approved", _("approved the bonus of the month %(month)s"))
class BonusMonthApproved(Fact):
    month: str
    sheets: list[int]


@fact("bonus.sheet_reopened", _("reopened the bonus of the month %(month)s: %(reason)s"))
class BonusSheetReopened(Fact):
    month: str
    reason: str
