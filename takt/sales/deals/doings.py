"""What can be changed from the lists of deals and tasks: acts on many rows, and cells in their place."""

import datetime as dt
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from takt.kernel.access.reach import may
from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input
from takt.kernel.lib.actor import Actor
from takt.kernel.lists.acts import Act, Doings, Editor
from takt.kernel.lists.editing import change_of, tags_of
from takt.kernel.lists.spec import Column
from takt.sales.activities.commands import assignee_of
from takt.sales.activities.models import Task
from takt.sales.deals import commands, forms, forms_tasks
from takt.sales.deals.commands import lookups, many, many_edits, many_tasks
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.tasks import colleagues
from takt.sales.deals.task_lists import TASKS, with_overdue


def _one(name: str, label: str, options: list[Any], value: Any = "", hint: str = "") -> Input:
    texts = [(str(v), str(t)) for v, t in options]
    return Input(name, label, "one", value=value, options=texts, is_required=True, hint=hint)


def _stages(user: User, ids: list[int]) -> list[Input]:
    lines = set(Deal.objects.visible_to(user).filter(pk__in=ids).values_list("pipeline_id", flat=True))
    found = forms.stages(lines.pop()) if len(lines) == 1 else forms.all_stages()
    hint = _("Needed for deals that go back, and for those whose gate is passed all the same.")
    why = Input("reason", _("Why"), "plain", hint=hint)
    force = _one(
        "force", _("Deals that miss something"), [("", _("Leave out")), ("1", _("Move all the same"))]
    )
    return [_one("stage", _("Stage"), found), *([force] if may(user, "pass_gates") else []), why]


def _owners(user: User, ids: list[int]) -> list[Input]:
    hint = _("Open tasks of the present responsible person go along.")
    return [_one("owner", _("Responsible"), forms.owners(user), user.pk, hint)]


def tag_inputs(user: User, ids: list[int]) -> list[Input]:
    hint = _("Separate tags by commas.")
    return [
        Input("add", _("Put on"), "plain", hint=hint),
        Input("remove", _("Take off"), "plain", hint=hint),
    ]


def tags_typed(form: QueryDict) -> dict[str, Any]:
    return {name: tags_of(form.get(name, "")) for name in ("add", "remove")}


def _reasons(user: User, ids: list[int]) -> list[Input]:
    offered = [("", "–"), *((r.pk, r.name) for r in forms.loss_reasons())]
    return [
        _one("reason", _("Why"), offered),
        Input("comment", _("Comment"), "plain", type="textarea"),
        Input("competitor", _("Who won instead"), "plain"),
    ]


def _check_tags(arguments: dict[str, Any], *, by: Actor) -> None:
    many_edits.tags_in(arguments)


def _typed(*names: str) -> Any:
    return lambda form: {name: form.get(name, "") for name in names}


def _check_move(arguments: dict[str, Any], *, by: Actor) -> None:
    lookups.stage_of(arguments.get("stage") or 0)


def _check_owner(arguments: dict[str, Any], *, by: Actor) -> None:
    lookups.demand_within(lookups.owner_of(arguments.get("owner"), by=by), by=by)


def _check_loss(arguments: dict[str, Any], *, by: Actor) -> None:
    many_edits.loss_in(arguments, by=by)


def _check_edit(arguments: dict[str, Any], *, by: Actor) -> None:
    many_edits.cleaned_edit(arguments, by=by)


def save_deal(
    pk: int, column: Column, value: Any, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Deal:
    """One field of a deal by the command that it belongs to."""
    if column.name == "stage":
        return commands.move_deal(pk, value, by=by, at=at, version=version)
    if column.name == "owner":
        return commands.assign_deal(pk, value, by=by, at=at, version=version)
    return commands.edit_deal(pk, change_of(column, value), by=by, at=at, version=version)


DEALS_DOINGS = Doings(
    spec=DEALS,
    rows=deal_rows,
    path="/deals",
    acts=(
        Act(
            "move",
            _l("Move to stage"),
            many.move_many,
            many.put_back,
            _stages,
            _typed("stage", "reason", "force"),
            _check_move,
        ),
        Act(
            "assign", _l("Hand over"), many.assign_many, many.put_back, _owners, _typed("owner"), _check_owner
        ),
        Act("edit", _l("Change a field"), many_edits.edit_many, many.put_back, check=_check_edit),
        Act("tag", _l("Tag"), many_edits.tag_many, many.put_back, tag_inputs, tags_typed, _check_tags),
        Act(
            "lose",
            _l("Lost"),
            many_edits.lose_many,
            many.put_back,
            _reasons,
            _typed("reason", "comment", "competitor"),
            _check_loss,
            is_ending=True,
        ),
        Act(
            "delete",
            _l("Delete"),
            many.delete_many,
            many.undelete_many,
            may="delete",
            about=_l("They go to the recycle bin with their tasks, and can be brought back from there."),
            is_ending=True,
        ),
    ),
    editors={
        "name": Editor(value=lambda d: d.name, is_required=True, many=False),
        "company": Editor(
            "pick",
            value=lambda d: d.seen_company_id,
            options=lambda user, d: [(d.seen_company_id, d.seen_company)] if d and d.seen_company_id else [],
            pick="/companies/pick",
        ),
        "amount": Editor("money", value=lambda d: d.amount),
        "contractor_cost": Editor("money", value=lambda d: d.contractor_cost),
        "currency": Editor(
            "one",
            value=lambda d: d.currency,
            options=lambda user, d: forms.currencies(d.currency if d else ""),
            is_required=True,
        ),
        "stage": Editor(
            "one",
            value=lambda d: d.stage_id,
            options=lambda user, d: forms.stages(d.pipeline_id),
            is_required=True,
            many=False,
        ),
        "owner": Editor(
            "one",
            value=lambda d: d.owner_id,
            options=lambda user, d: forms.owners(user),
            is_required=True,
            many=False,
        ),
        "expected_close_date": Editor("date", value=lambda d: d.expected_close_on),
        "probability": Editor("number", value=lambda d: d.probability),
        "type": Editor("one", value=lambda d: d.type_id, options=lambda user, d: forms.types()[1:]),
        "source": Editor("one", value=lambda d: d.source_id, options=lambda user, d: forms.sources()[1:]),
        "tags": Editor("tags", value=lambda d: d.tags, many=False),
    },
    change=save_deal,
)


def task_rows(user: Any) -> Any:
    return with_overdue(Task.objects.visible_to(user), dt.datetime.now(dt.UTC))


def _check_day(arguments: dict[str, Any], *, by: Actor) -> None:
    many_tasks.day_in(arguments)


def _check_assignee(arguments: dict[str, Any], *, by: Actor) -> None:
    assignee_of(arguments.get("assignee"), None)


def save_task(
    pk: int, column: Column, value: Any, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """One field of an open task by the command that it belongs to."""
    if column.name == "due_at":
        due_at = forms_tasks.due_moment(value)
        return commands.reschedule_task(pk, due_at, by=by, at=at, version=version)
    if column.name == "assignee":
        return commands.edit_task(pk, {"assignee": value}, by=by, at=at, version=version)
    return commands.edit_task(pk, {column.name: value}, by=by, at=at, version=version)


TASKS_DOINGS = Doings(
    spec=TASKS,
    rows=task_rows,
    path="/tasks",
    name="title",
    acts=(
        Act(
            "reschedule",
            _l("Move to another day"),
            many_tasks.reschedule_many,
            many_tasks.put_tasks_as_before,
            lambda user, ids: [Input("due_on", _("Day"), "plain", type="date", is_required=True)],
            _typed("due_on"),
            _check_day,
        ),
        Act(
            "reassign",
            _l("Hand over"),
            many_tasks.reassign_many,
            many_tasks.put_tasks_as_before,
            lambda user, ids: [_one("assignee", _("Responsible"), colleagues(user), user.pk)],
            _typed("assignee"),
            _check_assignee,
        ),
    ),
    editors={
        "title": Editor(value=lambda t: t.title, is_required=True, many=False),
        "due_at": Editor(
            "datetime-local", value=lambda t: forms_tasks.local_text(t.due_at), is_required=True, many=False
        ),
        "assignee": Editor(
            "one",
            value=lambda t: t.assignee_id,
            options=lambda user, t: colleagues(user),
            is_required=True,
            many=False,
        ),
        "minutes": Editor("number", value=lambda t: t.minutes, many=False),
    },
    change=save_task,
)
