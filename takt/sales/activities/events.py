import dataclasses

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("task.created", _("planned: %(title)s"))
class TaskCreated(Fact):
    type: str
    title: str
    due_at: str
    assignee: int


@fact("task.completed", _("completed: %(title)s"))
class TaskCompleted(Fact):
    type: str
    title: str
    outcome: str
    result: str
    is_on_time: bool
    minutes: int | None


@fact("task.cancelled", _("cancelled: %(title)s"))
class TaskCancelled(Fact):
    type: str
    title: str
    reason: str


@fact("task.rescheduled", _("moved “%(title)s” to another time"))
class TaskRescheduled(Fact):
    title: str
    old: str
    new: str


@fact("task.reassigned", _("handed over: %(title)s"))
class TaskReassigned(Fact):
    title: str
    old: int
    new: int


@fact("task.edited", _("changed the task: %(title)s"))
class TaskEdited(Fact):
    title: str
    changes: list[dict[str, object]]


@fact("task.described", _("described afterwards what was done: %(title)s"))
class TaskDescribed(Fact):
    title: str
    changes: list[dict[str, object]]


@fact("task.reopened", _("took up again: %(title)s"))
class TaskReopened(Fact):
    title: str


@fact("task.deleted", _("removed the task: %(title)s"))
class TaskDeleted(Fact):
    title: str


@fact("task.restored", _("brought the task back: %(title)s"))
class TaskRestored(Fact):
    title: str


@fact("task.purged", _("removed a task for good"))
class TaskPurged(Fact):
    task: int


@fact("note.added", _("wrote a note"))
class NoteAdded(Fact):
    note: int
    body: str
    mentions: list[int] = dataclasses.field(default_factory=list)  # colleagues who are told


@fact("note.edited", _("changed a note"))
class NoteEdited(Fact):
    note: int
    changes: list[dict[str, object]]
    mentions: list[int] = dataclasses.field(default_factory=list)


@fact("note.pinned", _("pinned a note"))
class NotePinned(Fact):
    note: int


@fact("note.unpinned", _("took down a pinned note"))
class NoteUnpinned(Fact):
    note: int


@fact("note.deleted", _("removed a note"))
class NoteDeleted(Fact):
    note: int


@fact("note.restored", _("brought a note back"))
class NoteRestored(Fact):
    note: int


@fact("note.purged", _("removed a note for good"))
class NotePurged(Fact):
    note: int


@fact("absence.recorded", _("recorded an absence from %(from_on)s to %(until_on)s"))
class AbsenceRecorded(Fact):
    from_on: str
    until_on: str
    deputy: int | None


@fact("absence.changed", _("changed an absence"))
class AbsenceChanged(Fact):
    """`changes`: a list of {field, old, new}."""

    changes: list[dict[str, object]]


@fact("absence.ended", _("ended an absence"))
class AbsenceEnded(Fact):
    """`is_early`: it had begun; otherwise it never took place."""

    is_early: bool
