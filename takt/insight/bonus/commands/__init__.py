"""All writes about the bonus."""

from takt.insight.bonus.commands.appealing import appeal, decide_appeal
from takt.insight.bonus.commands.closing import approve_month, reopen_sheet
from takt.insight.bonus.commands.setting import set_base, set_rule
from takt.insight.bonus.commands.telling import note_violations

__all__ = [
    "appeal",
    "approve_month",
    "decide_appeal",
    "note_violations",
    "reopen_sheet",
    "set_base",
    "set_rule",
]
