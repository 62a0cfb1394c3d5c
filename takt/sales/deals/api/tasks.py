"""Tasks and notes for programs; every act is the command that the pages call."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Filled, Input
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.answers import api_list, check_if_match, with_etag
from takt.sales.activities.models import Note, Task
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewTask, Snooze
from takt.sales.deals.queries.sight import Sight, sight_of
from takt.sales.deals.queries.tasks import notes_visible_to
from takt.sales.deals.task_lists import NOTES, TASKS, with_overdue

router = Router(tags=["tasks"])
LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Person = Id | str
_FIELDS = (
    "id", "type__slug", "title", "body", "due_at", "is_all_day", "minutes", "assignee_id", "status", "deal_id",
    "company_id", "contact_id", "result", "outcome", "done_at", "cancel_reason", "created_at", "version",
    "deal__owner_id", "company__owner_id", "contact__owner_id",
)  # fmt: skip


class TaskOut(Schema):
    id: int
    type: str
    title: str
    body: str
    due_at: dt.datetime
    is_all_day: bool
    minutes: int | None
    assignee: int
    status: str
    deal: int | None
    company: int | None
    contact: int | None
    result: str
    outcome: str
    done_at: dt.datetime | None
    cancel_reason: str
    created_at: dt.datetime
    version: int


class TasksOut(Schema):
    items: list[TaskOut]
    next_cursor: str | None
    total: int | None = None


class NextTaskIn(Input):
    """A next step; without an assignee it goes to the deal's owner."""

    type: str = "call"
    title: Filled
    due_at: dt.datetime
    body: str = ""
    assignee: Person | None = None
    minutes: int | None = Field(None, ge=0, le=1440)
    contact: Id | None = None
    is_all_day: bool = False

    def new(self) -> NewTask:
        values = {name: getattr(self, name) for name in NextTaskIn.model_fields}
        return NewTask(**values)


class NewTaskIn(NextTaskIn):
    deal: Id | None = None
    company: Id | None = None


class TaskChanges(Input):
    type: Filled = ""
    title: Filled = ""
    body: str = ""
    due_at: dt.datetime | None = None
    assignee: Person | None = None
    minutes: int | None = Field(None, ge=0, le=1440)


class ClosingIn(Input):
    """How the deal ends together with its last task."""

    status: Literal["won", "lost"]
    reason: Id | str | None = None
    comment: str = ""
    competitor: str = ""


class After(Input):
    """What follows: one of a next task, the end of the deal, a snooze."""

    next_task: NextTaskIn | None = None
    close_deal: ClosingIn | None = None
    snooze_until: dt.date | None = None
    snooze_reason: str = ""

    def why(self) -> str:
        """What says why the deal is put off where no reason of its own is given."""
        return ""

    def follows(self) -> dict[str, Any]:
        closing, snooze = self.close_deal, None
        if self.snooze_until is not None:
            snooze = Snooze(self.snooze_until, self.snooze_reason or self.why())
        return {
            "next_task": self.next_task.new() if self.next_task else None,
            "close_deal": Closing(**closing.dict()) if closing else None,
            "snooze": snooze,
        }


class CompletionIn(After):
    result: str = ""
    outcome: str = Field("", max_length=20)
    minutes: int | None = Field(None, ge=0, le=1440)
    move_to: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(
        None, description="The deal's new stage"
    )
    force: bool = False
    move_reason: str = ""

    def why(self) -> str:
        return self.result


class CancellationIn(After):
    reason: str = ""

    def why(self) -> str:
        return self.reason


class ReschedulingIn(Input):
    due_at: dt.datetime


class NoteOut(Schema):
    id: int
    body: str
    deal: int | None
    company: int | None
    contact: int | None
    author: int | None
    created_at: dt.datetime
    edited_at: dt.datetime | None
    pinned_at: dt.datetime | None
    not_told: list[str] = Field([], description="Colleagues named with @ who can't see the record")


class NotesOut(Schema):
    items: list[NoteOut]
    next_cursor: str | None
    total: int | None = None


class NewNoteIn(Input):
    body: Filled
    deal: Id | None = None
    company: Id | None = None
    contact: Id | None = None


class NoteChanges(Input):
    body: Filled | None = None
    pinned: bool | None = None


def writer(user: User) -> Callable[[Any], dict[str, Any]]:
    """How a named row is written for this reader: relations that are hidden from him are null."""
    sight = sight_of(user)
    return lambda row: row_json(row, sight)


def row_json(row: Any, sight: Sight) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type__slug,
        "title": row.title,
        "body": row.body,
        "due_at": row.due_at,
        "is_all_day": row.is_all_day,
        "minutes": row.minutes,
        "assignee": row.assignee_id,
        "status": row.status,
        "deal": row.deal_id if sight.deal(row.deal__owner_id, row.deal_id) else None,
        "company": row.company_id if sight.company(row.company__owner_id) else None,
        "contact": row.contact_id if sight.contact(row.contact__owner_id) else None,
        "result": row.result,
        "outcome": row.outcome,
        "done_at": row.done_at,
        "cancel_reason": row.cancel_reason,
        "created_at": row.created_at,
        "version": row.version,
    }


def _answer(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    """The task as it is now; one just given away may be hidden from the giver, who still learns what he did."""
    row = Task.objects.filter(pk=pk).values_list(*_FIELDS, named=True).get()
    with_etag(response, row)
    return row_json(row, sight_of(request.user))


def _seen(request: HttpRequest, pk: int) -> Task:
    return Task.objects.found(pk, by=request.user)


def _version(request: HttpRequest, task: Task) -> int | None:
    check_if_match(request, task)
    return task.version if "If-Match" in request.headers else None


@router.get("/tasks", response={200: TasksOut, **PROBLEMS}, exclude_unset=True)
def list_tasks(request: HttpRequest) -> dict[str, Any]:
    rows = with_overdue(Task.objects.visible_to(request.user), acting(request)["at"])
    return api_list(request, TASKS, rows, writer(request.user), _FIELDS)


@router.post("/tasks", response={201: TaskOut, **PROBLEMS})
def create_task(
    request: HttpRequest, payload: NewTaskIn, response: HttpResponse
) -> tuple[int, dict[str, Any]]:
    new = payload.new()
    parents = {"deal": payload.deal, "company": payload.company, "contact": payload.contact}
    task = commands.create_task(new, **parents, **acting(request))
    response["Location"] = f"/api/v1/tasks/{task.pk}"
    return 201, _answer(request, task.pk, response)


@router.get("/tasks/{int:pk}", response={200: TaskOut, **PROBLEMS})
def one_task(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    return _answer(request, _seen(request, pk).pk, response)


@router.patch("/tasks/{int:pk}", response={200: TaskOut, **PROBLEMS})
def edit_task(request: HttpRequest, pk: int, payload: TaskChanges, response: HttpResponse) -> dict[str, Any]:
    version = _version(request, _seen(request, pk))
    changes = payload.dict(exclude_unset=True)
    commands.edit_task(pk, changes, version=version, **acting(request))
    return _answer(request, pk, response)


@router.delete("/tasks/{int:pk}", response={204: None, **PROBLEMS})
def delete_task(request: HttpRequest, pk: int) -> tuple[int, None]:
    check_if_match(request, _seen(request, pk))
    commands.delete_task(pk, **acting(request))
    return 204, None


@router.post("/tasks/{int:pk}/complete", response={200: TaskOut, **PROBLEMS})
def complete_task(
    request: HttpRequest, pk: int, payload: CompletionIn, response: HttpResponse
) -> dict[str, Any]:
    """Done, with what happened. The last task of an open deal needs what follows, else 409 next_task_required."""
    version = _version(request, _seen(request, pk))
    commands.complete_task(
        pk,
        result=payload.result,
        outcome=payload.outcome,
        minutes=payload.minutes,
        move_to=payload.move_to,
        force=payload.force,
        reason=payload.move_reason,
        version=version,
        **payload.follows(),
        **acting(request),
    )
    return _answer(request, pk, response)


@router.post("/tasks/{int:pk}/cancel", response={200: TaskOut, **PROBLEMS})
def cancel_task(
    request: HttpRequest, pk: int, payload: CancellationIn, response: HttpResponse
) -> dict[str, Any]:
    """Won't be done; the rule of the next step holds as for completing."""
    version = _version(request, _seen(request, pk))
    commands.cancel_task(pk, reason=payload.reason, version=version, **payload.follows(), **acting(request))
    return _answer(request, pk, response)


@router.post("/tasks/{int:pk}/reschedule", response={200: TaskOut, **PROBLEMS})
def reschedule_task(
    request: HttpRequest, pk: int, payload: ReschedulingIn, response: HttpResponse
) -> dict[str, Any]:
    version = _version(request, _seen(request, pk))
    commands.reschedule_task(pk, payload.due_at, version=version, **acting(request))
    return _answer(request, pk, response)


class ActionDescribedIn(Input):
    """What a done task was, and what came of it."""

    title: str
    result: str


@router.post("/tasks/{int:pk}/describe", response={200: TaskOut, **PROBLEMS})
def describe_action(
    request: HttpRequest, pk: int, payload: ActionDescribedIn, response: HttpResponse
) -> dict[str, Any]:
    """Describe a done task afterwards."""
    version = _version(request, _seen(request, pk))
    commands.describe_action(pk, **payload.model_dump(), version=version, **acting(request))
    return _answer(request, pk, response)


def note_json(note: Note) -> dict[str, Any]:
    return {
        "id": note.pk,
        "body": note.body,
        "deal": note.deal_id,
        "company": note.company_id,
        "contact": note.contact_id,
        "author": note.author_id,
        "created_at": note.created_at,
        "edited_at": note.edited_at,
        "pinned_at": note.pinned_at,
    }


@router.get("/notes", response={200: NotesOut, **PROBLEMS}, exclude_unset=True, tags=["notes"])
def list_notes(request: HttpRequest) -> dict[str, Any]:
    return api_list(request, NOTES, notes_visible_to(request.user), note_json)


@router.post("/notes", response={201: NoteOut, **PROBLEMS}, tags=["notes"])
def add_note(request: HttpRequest, payload: NewNoteIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    note = commands.add_note(**payload.dict(), **acting(request))
    response["Location"] = f"/api/v1/notes/{note.pk}"
    return 201, note_json(note) | {"not_told": note.not_told}  # type: ignore[attr-defined]


@router.get("/notes/{int:pk}", response={200: NoteOut, **PROBLEMS}, tags=["notes"])
def one_note(request: HttpRequest, pk: int) -> dict[str, Any]:
    note = notes_visible_to(request.user).filter(pk=pk).first() if pk <= LARGEST_ID else None
    if note is None:
        raise NotFound
    return note_json(note)


@router.patch("/notes/{int:pk}", response={200: NoteOut, **PROBLEMS}, tags=["notes"])
def edit_note(request: HttpRequest, pk: int, payload: NoteChanges) -> dict[str, Any]:
    """Change the text of one's own note, or pin any on top of the timeline."""
    if pk > LARGEST_ID:
        raise NotFound
    not_told: list[str] = []
    if payload.body is not None:
        edited = commands.edit_note(pk, payload.body, **acting(request))
        not_told = edited.not_told  # type: ignore[attr-defined]
    if payload.pinned is not None:
        commands.pin_note(pk, is_pinned=payload.pinned, **acting(request))
    return one_note(request, pk) | {"not_told": not_told}


@router.delete("/notes/{int:pk}", response={204: None, **PROBLEMS}, tags=["notes"])
def delete_note(request: HttpRequest, pk: int) -> tuple[int, None]:
    if pk > LARGEST_ID:
        raise NotFound
    commands.delete_note(pk, **acting(request))
    return 204, None
