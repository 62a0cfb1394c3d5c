"""All writes of the room."""

from takt.office.notifications.commands.choosing import choose
from takt.office.notifications.commands.mailing import (
    drop_mail,
    end_mail,
    find_unsure,
    gather_news,
    hand_over,
    hold_mail,
    new_mail,
    postpone_mail,
    release_mail,
    retry_mail,
    try_mail,
)
from takt.office.notifications.commands.reading import forget_old, mark_one, mark_read, mark_unread_again
from takt.office.notifications.commands.reminding import refuse_reminder, remind, send_reminder
from takt.office.notifications.commands.telling import notify, told_up_to

__all__ = [
    "choose",
    "drop_mail",
    "end_mail",
    "find_unsure",
    "forget_old",
    "gather_news",
    "hand_over",
    "hold_mail",
    "mark_one",
    "mark_read",
    "mark_unread_again",
    "new_mail",
    "notify",
    "postpone_mail",
    "refuse_reminder",
    "release_mail",
    "remind",
    "retry_mail",
    "send_reminder",
    "told_up_to",
    "try_mail",
]
