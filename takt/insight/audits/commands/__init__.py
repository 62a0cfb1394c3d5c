"""All writes of audits."""

from takt.insight.audits.commands.keeping import judge_again, judge_all, keep_day, look_again
from takt.insight.audits.commands.planning import end_round, plan_week, set_round
from takt.insight.audits.commands.starting import start_planned
from takt.insight.audits.commands.walking import PERIOD_DAYS, confirm_deal, finish_audit, start_audit

__all__ = [
    "PERIOD_DAYS",
    "confirm_deal",
    "end_round",
    "finish_audit",
    "judge_again",
    "judge_all",
    "keep_day",
    "look_again",
    "plan_week",
    "set_round",
    "start_audit",
    "start_planned",
]
