"""All writes about imports."""

from takt.gateways.transfer.commands.checking import note_check
from takt.gateways.transfer.commands.mappings import delete_mapping, save_mapping
from takt.gateways.transfer.commands.preparing import (
    delete_import,
    look_again,
    set_up_import,
    start_import,
)
from takt.gateways.transfer.commands.standing import BEFORE, OUTCOMES, State, added, no_counts
from takt.gateways.transfer.commands.undoing import undo_batch, undo_import
from takt.gateways.transfer.commands.writing import (
    RowsRefused,
    begin_import,
    next_part,
    note_failure,
    note_late_refusals,
    run_batch,
    stop_import,
)

__all__ = [
    "BEFORE",
    "OUTCOMES",
    "RowsRefused",
    "State",
    "added",
    "begin_import",
    "delete_import",
    "delete_mapping",
    "look_again",
    "next_part",
    "no_counts",
    "note_check",
    "note_failure",
    "note_late_refusals",
    "run_batch",
    "save_mapping",
    "set_up_import",
    "start_import",
    "stop_import",
    "undo_batch",
    "undo_import",
]
