"""All writes about the fields themselves; their values are written by the commands of the records."""

from takt.kernel.fields.commands.bringing import bring_files
from takt.kernel.fields.commands.defining import (
    create_field,
    edit_field,
    move_field,
    restore_field,
    retire_field,
)
from takt.kernel.fields.commands.following import follow_merge, follow_unmerge, let_go

__all__ = [
    "bring_files",
    "create_field",
    "edit_field",
    "follow_merge",
    "follow_unmerge",
    "let_go",
    "move_field",
    "restore_field",
    "retire_field",
]
