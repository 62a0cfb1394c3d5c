"""All writes of the room."""

from takt.office.notifications.commands.choosing import choose
from takt.office.notifications.commands.reading import forget_old, mark_one, mark_read, mark_unread_again
from takt.office.notifications.commands.telling import notify, told_up_to

__all__ = ["choose", "forget_old", "mark_one", "mark_read", "mark_unread_again", "notify", "told_up_to"]
