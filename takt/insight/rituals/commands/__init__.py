from takt.insight.rituals.commands.practices import bring_practice_back, keep_practice, remove_practice
from takt.insight.rituals.commands.standing_up import pass_turn, say, start_stand_up

__all__ = [
    "bring_practice_back",
    "keep_practice",
    "pass_turn",
    "remove_practice",
    "say",
    "start_stand_up",
]
