"""All writes of audits."""

from takt.insight.audits.commands.keeping import judge_again, judge_all, keep_day, look_again
from takt.insight.audits.commands.walking import confirm_deal, finish_audit, start_audit

__all__ = [
    "confirm_deal",
    "finish_audit",
    "judge_again",
    "judge_all",
    "keep_day",
    "look_again",
    "start_audit",
]
