"""All writes about deals, their tasks and their pipelines."""

from takt.sales.activities.commands import NewTask
from takt.sales.deals.commands.advancing import Filled, advance_deal
from takt.sales.deals.commands.binning import (
    delete_deal,
    delete_deals,
    purge_deals,
    restore_deal,
    restore_deals,
)
from takt.sales.deals.commands.bulk import assign_deals, move_deals
from takt.sales.deals.commands.choices import add_deal_type
from takt.sales.deals.commands.closing import lose_deal, reopen_deal, snooze_deal, win_deal
from takt.sales.deals.commands.contacts import (
    NewPerson,
    attach_contact,
    attach_new_contact,
    detach_contact,
    lead_contact,
    replace_contact,
)
from takt.sales.deals.commands.creating import create_deal
from takt.sales.deals.commands.editing import assign_deal, edit_deal
from takt.sales.deals.commands.following_up import follow_deal
from takt.sales.deals.commands.gate_setting import (
    NewCriterion,
    NewField,
    restore_gate,
    restore_gate_mode,
    set_gate,
    set_gate_mode,
)
from takt.sales.deals.commands.gates import GateClosed, ReasonRequired, tick_criterion
from takt.sales.deals.commands.helping import ask_for_help
from takt.sales.deals.commands.installing import install_lists, install_template
from takt.sales.deals.commands.lines import NewLine, set_lines
from takt.sales.deals.commands.mending import correct_loss, describe_action
from takt.sales.deals.commands.moving import AlreadyClosed, change_pipeline, move_deal
from takt.sales.deals.commands.notes import (
    add_note,
    delete_note,
    edit_note,
    pin_note,
    purge_notes,
    restore_notes,
)
from takt.sales.deals.commands.offers import make_offer, withdraw_offer
from takt.sales.deals.commands.pipelines import create_pipeline, edit_pipeline, place_pipeline
from takt.sales.deals.commands.qualifying import qualify_deal, set_competitors
from takt.sales.deals.commands.sharing import (
    add_participant,
    remove_participant,
    share_deal,
    unshare_deal,
    unwatch_deal,
    watch_deal,
)
from takt.sales.deals.commands.stages import (
    add_stage,
    bring_stage_back,
    edit_stage,
    place_stage,
    remove_stage,
)
from takt.sales.deals.commands.steps import Closing, NextTaskRequired, Snooze
from takt.sales.deals.commands.task_bin import purge_tasks, restore_tasks
from takt.sales.deals.commands.tasks import (
    cancel_task,
    complete_task,
    create_task,
    delete_task,
    edit_task,
    reassign_task,
    reschedule_task,
    take_back_completion,
)
from takt.sales.deals.commands.trying_again import try_again

__all__ = [
    "place_pipeline",
    "place_stage",
    "remove_stage",
    "bring_stage_back",
    "ask_for_help",
    "withdraw_offer",
    "try_again",
    "make_offer",
    "follow_deal",
    "AlreadyClosed",
    "Closing",
    "Filled",
    "GateClosed",
    "NewCriterion",
    "NewField",
    "NewLine",
    "NewPerson",
    "NewTask",
    "NextTaskRequired",
    "ReasonRequired",
    "Snooze",
    "add_deal_type",
    "add_note",
    "add_participant",
    "add_stage",
    "advance_deal",
    "assign_deal",
    "assign_deals",
    "attach_contact",
    "attach_new_contact",
    "cancel_task",
    "change_pipeline",
    "complete_task",
    "correct_loss",
    "create_deal",
    "create_pipeline",
    "create_task",
    "delete_deal",
    "delete_deals",
    "delete_note",
    "delete_task",
    "describe_action",
    "detach_contact",
    "edit_deal",
    "edit_note",
    "edit_pipeline",
    "edit_stage",
    "edit_task",
    "install_lists",
    "install_template",
    "lead_contact",
    "lose_deal",
    "move_deal",
    "move_deals",
    "pin_note",
    "purge_deals",
    "purge_notes",
    "purge_tasks",
    "qualify_deal",
    "reassign_task",
    "remove_participant",
    "reopen_deal",
    "replace_contact",
    "reschedule_task",
    "restore_deal",
    "restore_deals",
    "set_competitors",
    "restore_gate",
    "restore_gate_mode",
    "set_gate",
    "set_gate_mode",
    "restore_notes",
    "restore_tasks",
    "set_lines",
    "share_deal",
    "snooze_deal",
    "take_back_completion",
    "tick_criterion",
    "unshare_deal",
    "unwatch_deal",
    "watch_deal",
    "win_deal",
]
