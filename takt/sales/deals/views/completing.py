"""Completing and cancelling a task: what happened and what comes next, in one form and one save."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting, version_in
from takt.kernel.lib.refusals import Invalid, Refusal, Refused, Stale
from takt.kernel.lib.returning import back_or
from takt.kernel.ui.toasts import flash, toast
from takt.kernel.undo.commands import offer
from takt.sales.activities.models import Task
from takt.sales.deals import commands, forms, forms_tasks
from takt.sales.deals.commands import undoing
from takt.sales.deals.commands.focusing import complete_in_focus
from takt.sales.deals.commands.unclosing import before_closing
from takt.sales.deals.queries import tasks as queries
from takt.sales.deals.queries.day_rows import doing_for, row_of
from takt.sales.deals.queries.sight import sight_of
from takt.sales.deals.views.today import day_asked, day_context

# Where the form stands: in a row of Today, in the focus on one task, in the deal's page, in a dialog, or on a page of its own.
PLACES = ("today", "focus", "deal", "dialog", "page")
SHOWN_AT_FIELD = frozenset(
    {"result", "minutes", "title", "due_at", "type", "until", "reason", "comment", "competitor"}
)


@require_http_methods(["GET", "HEAD", "POST"])
def complete_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a task done together with its deal's next step."""
    task = queries.shown_task(pk, request.user)
    if request.method != "POST":
        _demand_open(task)
        return _form(request, task, forms_tasks.blank_completion(task, acting(request)["at"]))
    typed = _typed(request, pk)
    note = _note(task, typed)
    complete = complete_in_focus if place_of(request) == "focus" else commands.complete_task
    try:
        done = complete(pk, version=version_in(request), **forms_tasks.completion(typed), **acting(request))
    except (Invalid, Refused, Stale) as refusal:
        return _form(request, queries.shown_task(pk, request.user), typed, refusal)
    return _completed(request, done, note)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop a task that won't be done; its deal's next step is asked for as for a completed one."""
    task = queries.shown_task(pk, request.user)
    if request.method != "POST":
        _demand_open(task)
        typed = forms_tasks.blank_completion(task, acting(request)["at"])
        return _form(request, task, typed, is_cancelling=True)
    typed = _typed(request, pk)
    note = _note(task, typed)
    try:
        commands.cancel_task(
            pk, version=version_in(request), **forms_tasks.cancellation(typed), **acting(request)
        )
    except (Invalid, Refused, Stale) as refusal:
        return _form(request, queries.shown_task(pk, request.user), typed, refusal, is_cancelling=True)
    undo = _undo(request, note) if "closing" in note else None
    return ended(request, _("Cancelled: %(title)s") % {"title": task.title}, f"/tasks/{pk}", undo)


def _note(task: Task, typed: dict[str, str]) -> dict[str, Any]:
    """What taking the whole save back needs to know, read before it."""
    note = undoing.before_completing(task.pk)
    if task.deal is not None and task.deal.is_open:
        if typed["next"] in {"won", "lost"}:
            note["closing"] = before_closing(task.deal)
        elif typed["move_to"]:
            note["moving"] = undoing.before_move([task.deal]) | {"owner": task.deal.owner_id}
    return note


def _undo(request: HttpRequest, note: dict[str, Any]) -> str | None:
    """The address that takes the save back, where one can."""
    left = undoing.as_it_left(note)
    token = offer(inverse="deals.take_back_end", arguments=left, **acting(request)) if left else None
    return f"/undo/{token}" if token else None


def _demand_open(task: Task) -> None:
    if not task.is_open:
        raise Refused(_("This task is already closed."), code="already_closed")


def _typed(request: HttpRequest, pk: int) -> dict[str, str]:
    typed = forms_tasks.typed(request.POST, forms_tasks.COMPLETION_FIELDS)
    # Several forms may be open on Today: each has its own group of choices.
    typed["next"] = request.POST.get(f"next-{pk}") or typed["next"]
    return typed


def place_of(request: HttpRequest) -> str:
    place = request.POST.get("from") or request.GET.get("from") or ""
    if not request.headers.get("HX-Request"):
        return "page"
    return place if place in PLACES else "dialog"


def _form(
    request: HttpRequest,
    task: Task,
    typed: dict[str, str],
    refusal: Refusal | None = None,
    *,
    is_cancelling: bool = False,
) -> HttpResponse:
    place = place_of(request)
    context = completing_context(request, task, typed, refusal, place, is_cancelling=is_cancelling)
    template = "deals/task_complete.html" if place == "page" else "deals/_task_complete.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def completing_context(
    request: HttpRequest,
    task: Task,
    typed: dict[str, str],
    refusal: Refusal | None,
    place: str,
    *,
    is_cancelling: bool = False,
) -> dict[str, Any]:
    """What the form of a task's end shows, wherever it stands."""
    at = acting(request)["at"]
    has_deal = task.deal is not None and task.deal.is_open
    return {
        "task": task,
        "form": typed,
        "errors": forms_tasks.errors_of(refusal),
        "sentences": forms_tasks.sentences_of(refusal, SHOWN_AT_FIELD),
        "place": place,
        "is_cancelling": is_cancelling,
        "types": queries.task_types(),
        "reasons": queries.loss_reasons(),
        "outcomes": forms_tasks.outcomes(),
        "presets": forms_tasks.due_presets(at),
        "has_deal": has_deal,
        "tried": queries.tried_by(task, request.user),
        "stages": forms.stages_ahead(task.deal) if has_deal and task.deal and not is_cancelling else [],
        "may_end": has_deal and sight_of(request.user).of(task)["deal"],
        "has_other": queries.has_other_open_task(task),
        "row": row_of(task.pk, request.user, at) if place == "today" else None,
        "day_params": _day_params(request),
    }


def _day_params(request: HttpRequest) -> list[tuple[str, str]]:
    """Which day the form was opened on, so that the answer counts on the same one."""
    given = request.POST if request.method == "POST" else request.GET
    return [(name, given[name]) for name in ("day", "group") if given.get(name)]


def _completed(request: HttpRequest, done: Task, note: dict[str, Any]) -> HttpResponse:
    text = _("Done: %(title)s") % {"title": done.title}
    undo = _undo(request, note)
    if place_of(request) == "today":
        return _folded(request, done, text, undo)
    if place_of(request) == "focus":
        flash(request, text, undo)
        return HttpResponse(status=204, headers={"HX-Redirect": "/focus"})
    return ended(request, text, f"/deals/{done.deal_id}" if done.deal_id else f"/tasks/{done.pk}", undo)


def _folded(request: HttpRequest, done: Task, text: str, undo: str | None) -> HttpResponse:
    """The row goes; the figures beside it follow. The whole list only where a row has to be added."""
    day = day_asked(request, request.POST)
    following = done.next_task
    is_new_here = (
        following is not None
        and following.assignee_id in doing_for(request.user)
        and day.shows(following.due_at)
    )
    key, group = day.group_of(done)
    context = {
        "whole": is_new_here or day.left == 0,
        "group": group,
        "group_key": key,
        "gone": done.pk,
        **day_context(day),
    }
    return toast(render(request, "deals/_today_folded.html", context), text, undo)


def ended(
    request: HttpRequest, text: str, url: str, undo: str | None = None, level: str = "good"
) -> HttpResponse:
    """The act is done: htmx shows the page anew, a plain form goes back to where it came from."""
    flash(request, text, undo, level)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return back_or(request, url) if request.POST.get("_to") else HttpResponseRedirect(url)
