"""Focus: one task after another, each with its whole deal beside it."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lists.asking import asked
from takt.kernel.ui import formats
from takt.kernel.ui.toasts import flash
from takt.sales.activities.commands import focus as block
from takt.sales.activities.models import Task
from takt.sales.deals import forms_tasks, rules_day
from takt.sales.deals.commands.focusing import move_in_focus
from takt.sales.deals.queries import focus as queries
from takt.sales.deals.queries import tasks as task_queries
from takt.sales.deals.queries.sight import sight_of
from takt.sales.deals.task_lists import TASKS, with_overdue
from takt.sales.deals.views.completing import completing_context


@require_safe
def focus(request: HttpRequest) -> HttpResponse:
    """The task in hand, the end of a block, or what a block may be made of."""
    at = acting(request)["at"]
    chosen = request.GET.getlist("ids")
    query = request.GET.get("query", "")
    if request.headers.get("HX-Request"):  # asked for from the list's bar, which opens dialogs
        return HttpResponse(status=204, headers={"HX-Redirect": request.get_full_path()})
    queue = None if chosen or query else queries.queue_of(request.user, at)
    if queue is None:
        choices, total = queries.offered(request.user, at)
        picked = forms_tasks.ids_in(chosen) if chosen else _filtered(request, query) if query else []
        context = {"choices": choices, "total": total, "picked": picked, "is_picked": bool(chosen or query)}
        return render(request, "deals/focus_start.html", context)
    if queue.current is None:
        return render(request, "deals/focus_end.html", {"queue": queue})
    task = task_queries.shown_task(queue.current.task_id, request.user)
    typed = forms_tasks.blank_completion(task, at)
    context = {
        **completing_context(request, task, typed, None, "focus"),
        "queue": queue,
        "sees": sight_of(request.user).of(task),
        "people": queries.people_of(task, request.user),
        "moves": move_presets(at),
        "due_text": forms_tasks.local_text(task.due_at),
        "due": formats.due(task.due_at, at),
        "is_late": task.due_at < at,
    }
    return render(request, "deals/focus.html", context)


def move_presets(at: dt.datetime) -> list[tuple[str, str]]:
    """Value and label of the times that a task in focus can be put off to."""
    now = timezone.localtime(at)
    today = now.date()
    soon = forms_tasks.local_text(at + dt.timedelta(hours=1))
    found = [(soon, _("In an hour"))]
    if now.hour < 14:
        found.append((f"{today.isoformat()}T15:00", _("This afternoon")))
    tomorrow, monday = today + dt.timedelta(days=1), rules_day.next_monday(today)
    found.append((forms_tasks.at_usual_hour(tomorrow), _("Tomorrow")))
    if monday not in (tomorrow, today + dt.timedelta(days=7)):
        found.append((forms_tasks.at_usual_hour(monday), _("Monday")))
    found.append((forms_tasks.at_usual_hour(today + dt.timedelta(days=7)), _("In a week")))
    return found


def _filtered(request: HttpRequest, query: str) -> list[int]:
    """The open tasks of a filter of the task list, in its order."""
    at = acting(request)["at"]
    params = QueryDict(query, mutable=True)
    for name in ("columns", "cursor", "limit", "view"):
        params.pop(name, None)
    user: Any = request.user
    ask = asked(TASKS, params, user)
    rows = ask.apply(with_overdue(Task.objects.visible_to(user, "edit").open(), at))
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[: block.MOST_TASKS])


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin a block: one kind of today's tasks, all of them, or chosen ones."""
    at = acting(request)["at"]
    only = request.POST.get("only", "")
    if chosen := request.POST.getlist("ids"):
        tasks, name = forms_tasks.ids_in(chosen), _("Chosen tasks")
    else:
        tasks = queries.tasks_of_day(request.user, at, only)
        names = {t.slug: t.name for t in task_queries.task_types()}
        name = names.get(only) or (_("Overdue") if only == "late" else _("Today"))
    block.start_focus(tasks, name=name, **acting(request))
    return _on(request)


@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """Start or pause the clock."""
    task = request.POST.get("task", "")
    number = forms_tasks.ids_in([task])[0] if task else None
    block.run_focus_clock(number, request.POST.get("on") == "1", **acting(request))
    return _on(request)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the block; what is open stays in the day."""
    block.end_focus(**acting(request))
    return HttpResponseRedirect("/today")


@require_POST
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    """Serve this task again at the end."""
    block.skip_focused(_known(pk), **acting(request))
    return _on(request)


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the task another time and go on."""
    due_at = forms_tasks.due_moment(request.POST.get("due_at", ""))
    moved = move_in_focus(_known(pk), due_at, version=version_in(request), **acting(request))
    when = formats.datetime_(moved.due_at)
    flash(request, _("Moved to %(when)s: %(title)s") % {"when": when, "title": moved.title})
    return _on(request)


def _known(pk: int) -> int:
    if pk >= 2**63:
        raise NotFound
    return pk


def _on(request: HttpRequest) -> HttpResponse:
    """The next task."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": "/focus"})
    return HttpResponseRedirect("/focus")
