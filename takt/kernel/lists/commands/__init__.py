"""All writes about lists: saved views, how a person has set a list up, and acts on many records."""

from takt.kernel.lists.commands.bulk import (
    carry_on,
    forget_old_runs,
    give_up,
    start_bulk,
    stop_bulk,
    undo_bulk,
)
from takt.kernel.lists.commands.saved import (
    change_view,
    choose_columns,
    delete_view,
    edit_view,
    keep_board,
    note_export,
    open_with,
    rename_view,
    save_view,
    set_widths,
    share_view,
)
from takt.kernel.lists.commands.words import gather_words

__all__ = [
    "carry_on",
    "change_view",
    "choose_columns",
    "delete_view",
    "edit_view",
    "forget_old_runs",
    "gather_words",
    "give_up",
    "keep_board",
    "note_export",
    "open_with",
    "rename_view",
    "save_view",
    "set_widths",
    "share_view",
    "start_bulk",
    "stop_bulk",
    "undo_bulk",
]
