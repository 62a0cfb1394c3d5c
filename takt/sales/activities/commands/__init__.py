"""All writes of tasks and notes that no deal decides about."""

from takt.sales.activities.commands.absences import (
    change_absence,
    end_absence,
    keeps_absences_of,
    record_absence,
    resume_absence,
)
from takt.sales.activities.commands.tasks import (
    MOST_MINUTES,
    TYPE_NAMES,
    NewTask,
    amend_task,
    assignee_of,
    drop_task,
    finish_task,
    hand_over_task,
    install_task_types,
    is_strict_review,
    move_task,
    plan_task,
    plan_tasks,
    reopen_done_task,
    subjects_of,
)

__all__ = [
    "MOST_MINUTES",
    "TYPE_NAMES",
    "NewTask",
    "amend_task",
    "assignee_of",
    "change_absence",
    "end_absence",
    "drop_task",
    "finish_task",
    "is_strict_review",
    "hand_over_task",
    "install_task_types",
    "keeps_absences_of",
    "move_task",
    "plan_task",
    "plan_tasks",
    "record_absence",
    "reopen_done_task",
    "resume_absence",
    "subjects_of",
]
