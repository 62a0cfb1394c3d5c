"""All writes of tasks and notes that no deal decides about."""

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
    "drop_task",
    "finish_task",
    "hand_over_task",
    "install_task_types",
    "move_task",
    "plan_task",
    "plan_tasks",
    "reopen_done_task",
    "subjects_of",
]
