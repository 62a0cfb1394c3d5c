"""Tasks: the list, a task's page, planning and changing one, many at once; and notes."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import may_add
from takt.kernel.lib.refusals import Invalid, NotFound, Refusal, Refused, Stale
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.lists.table import list_page
from takt.kernel.lists.timeline import timeline
from takt.kernel.ui import formats
from takt.kernel.undo.commands import offer
from takt.sales.activities.models import Task
from takt.sales.activities.rules import title_is_short
from takt.sales.deals import commands, forms_tasks
from takt.sales.deals.queries import tasks as queries
from takt.sales.deals.queries.day_rows import row_of
from takt.sales.deals.queries.sight import sight_of
from takt.sales.deals.task_lists import STATUSES, TASKS, with_overdue
from takt.sales.deals.views.completing import cancel_task, complete_task, ended, place_of

__all__ = [
    "cancel_task", "complete_task", "create_task", "delete_task", "edit_task", "panel",
    "reassign_task", "reschedule_task", "row", "task", "task_list",
    "title_hint",
]  # fmt: skip
PLURALS = {"deal": "deals", "company": "companies", "contact": "contacts"}
PARENTS = tuple(PLURALS)
SHOWN_AT_FIELD = frozenset(forms_tasks.TASK_FIELDS)


@require_safe
def task_list(request: HttpRequest) -> HttpResponseBase:
    """All tasks that the person sees, filtered and ordered."""
    at = acting(request)["at"]
    sight = sight_of(request.user)
    labels = {value: str(label) for value, label in STATUSES}
    outcomes = dict(forms_tasks.outcomes())

    def deal(r: Any) -> Cell:
        sees = r.deal_id is not None and sight.deal(r.deal__owner_id, r.deal_id)
        return Cell(r.deal__name, url=f"/deals/{r.deal_id}") if sees else Cell()

    def company(r: Any) -> Cell:
        sees = r.company_id is not None and sight.company(r.company__owner_id, r.company__deleted_at)
        return Cell(r.company__name, url=f"/companies/{r.company_id}") if sees else Cell()

    def contact(r: Any) -> Cell:
        sees = r.contact_id is not None and sight.contact(r.contact__owner_id, r.contact__deleted_at)
        return Cell(r.contact__name, url=f"/contacts/{r.contact_id}") if sees else Cell()

    def due(r: Any) -> Cell:
        text = formats.due(r.due_at, at) if r.status == "open" else formats.datetime_(r.due_at)
        return Cell(text, tone="late" if r.is_overdue else "", value=r.due_at)

    def state(r: Any) -> Cell:
        return Cell(labels[r.status], tone="muted" if r.status != "open" else "", value=r.status)

    shows = {
        "title": Show(
            ("title", "type__icon"), lambda r: Cell(r.title, url=f"/tasks/{r.id}", icon=r.type__icon)
        ),
        "type": Show(("type__name", "type__slug"), lambda r: Cell(r.type__name, value=r.type__slug)),
        "due_at": Show(("due_at", "status", "is_overdue"), due),
        "deal": Show(("deal_id", "deal__name", "deal__owner_id"), deal),
        "company": Show(("company_id", "company__name", "company__owner_id", "company__deleted_at"), company),
        "contact": Show(("contact_id", "contact__name", "contact__owner_id", "contact__deleted_at"), contact),
        "assignee": Show(("assignee__name",), lambda r: r.assignee__name),
        "status": Show(("status",), state),
        "outcome": Show(("outcome",), lambda r: outcomes.get(r.outcome, r.outcome)),
    }
    return list_page(
        request,
        TASKS,
        with_overdue(Task.objects.visible_to(request.user), at),
        template="deals/tasks.html",
        shows=shows,
        empty_text=_("Planned calls, e-mails and meetings stand here."),
        context={"may_add": may_add(request.user, "task")},
        actions=[("/focus", _("Focus"))],
    )


@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task with its facts and its history."""
    found = queries.shown_task(pk, request.user)
    at = acting(request)["at"]
    context = {
        "task": found,
        "sees": sight_of(request.user).of(found),
        "is_overdue": found.is_open and found.due_at < at,
        "is_short": title_is_short(found.title, found.type.name),
        "may_edit": queries.may_change(found, request.user),
        "may_delete": queries.may_change(found, request.user, "delete"),
        "outcome": dict(forms_tasks.outcomes()).get(found.outcome, found.outcome),
        "presets": forms_tasks.due_presets(at),
        "due_text": forms_tasks.local_text(found.due_at),
        "people": queries.colleagues(request.user),
        "timeline": timeline("task", pk, request.user),
        "kind": "task",
        "object_id": pk,
        "only": "all",
        "is_more": False,
    }
    return render(request, "deals/task.html", context)


@require_safe
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """A task as a row of Today: what Cancel puts back."""
    found = row_of(pk, request.user, acting(request)["at"])
    params = [(name, request.GET[name]) for name in ("day", "group") if request.GET.get(name)]
    return render(request, "deals/_today_row.html", {"row": found, "day_params": params})


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """The tasks of a deal, a company or a contact, for its page."""
    kind, parent = _parent(request.GET, request)
    if parent is None:
        raise NotFound
    open_tasks, done = queries.panel(parent, kind, request.user)
    context = {
        "kind": kind,
        "parent": parent,
        "open_tasks": open_tasks,
        "done": done,
        "at": acting(request)["at"],
        "may_add": may_add(request.user, "task") and (kind != "deal" or parent.is_open),
    }
    return render(request, "deals/_tasks_panel.html", context)


def _parent(params: Any, request: HttpRequest) -> tuple[str, Any]:
    for kind in PARENTS:
        if params.get(kind):
            return kind, queries.parent_of(kind, params[kind], request.user)
    return "", None


@require_http_methods(["GET", "HEAD", "POST"])
def create_task(request: HttpRequest) -> HttpResponse:
    """Plan a task on a deal, a company, a contact, or one of one's own."""
    given = request.POST if request.method == "POST" else request.GET
    kind, parent = _parent(given, request)
    if request.method != "POST":
        return _task_form(request, _blank_task(request), kind=kind, parent=parent)
    typed = forms_tasks.typed(request.POST, forms_tasks.TASK_FIELDS)
    try:
        made = commands.create_task(
            forms_tasks.new_task(typed), **({kind: parent} if kind else {}), **acting(request)
        )
    except (Invalid, Refused) as refusal:
        return _task_form(request, typed, refusal, kind=kind, parent=parent)
    return ended(request, _saved_text(made), f"/{PLURALS[kind]}/{parent.pk}" if kind else f"/tasks/{made.pk}")


def _blank_task(request: HttpRequest) -> dict[str, str]:
    at = acting(request)["at"]
    typed = dict.fromkeys(forms_tasks.TASK_FIELDS, "")
    typed |= {"type": "call", "due_at": forms_tasks.due_presets(at)[1][0], "assignee": str(request.user.pk)}
    return typed | {name: request.GET[name][:200] for name in ("type", "title") if request.GET.get(name)}


def _saved_text(saved: Task) -> str:
    """What the toast says; a title that says little is told, never refused."""
    if title_is_short(saved.title, saved.type.name):
        return _("Saved. The title says little: name whom you contact and what for.")
    return _("Planned: %(title)s") % {"title": saved.title}


@require_http_methods(["GET", "HEAD", "POST"])
def edit_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an open task."""
    found = queries.shown_task(pk, request.user)
    if not found.is_open:
        raise Refused(_("This task is already closed."), code="already_closed")
    if request.method != "POST":
        return _task_form(request, forms_tasks.task_values(found), task=found)
    typed = forms_tasks.typed(request.POST, forms_tasks.TASK_FIELDS)
    try:
        changes = forms_tasks.task_changes(found, typed)
        saved = commands.edit_task(pk, changes, version=version_in(request), **acting(request))
    except (Invalid, Refused, Stale) as refusal:
        return _task_form(request, typed, refusal, task=found)
    return ended(request, _saved_text(saved), f"/tasks/{pk}")


def _task_form(
    request: HttpRequest,
    typed: dict[str, str],
    refusal: Refusal | None = None,
    *,
    kind: str = "",
    parent: Any = None,
    task: Task | None = None,
) -> HttpResponse:
    place = place_of(request)
    context = {
        "form": typed,
        "task": task,
        "kind": kind,
        "parent": parent,
        "errors": forms_tasks.errors_of(refusal),
        "sentences": forms_tasks.sentences_of(refusal, SHOWN_AT_FIELD),
        "types": queries.task_types(),
        "people": queries.colleagues(request.user),
        "presets": forms_tasks.due_presets(acting(request)["at"]),
        "place": place,
        "action": f"/tasks/{task.pk}/edit" if task else "/tasks/new",
    }
    template = "deals/task_form.html" if place == "page" else "deals/_task_form.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_safe
def title_hint(request: HttpRequest) -> HttpResponse:
    """A word about a title that says little; nothing stops it from being saved."""
    title = (request.GET.get("title") or request.GET.get("next_title") or "")[:200]
    names = {t.slug: t.name for t in queries.task_types()}
    name = names.get(request.GET.get("type") or request.GET.get("next_type") or "", "")
    is_short = bool(title.strip()) and title_is_short(title, name)
    return render(request, "deals/_task_title_hint.html", {"is_short": is_short})


@require_http_methods(["GET", "HEAD", "POST"])
def reschedule_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a task to another time."""
    typed = request.POST.get("due_at", "")
    if request.method != "POST":
        return _time_form(request, pk, forms_tasks.local_text(queries.shown_task(pk, request.user).due_at))
    try:
        due_at = forms_tasks.due_moment(typed)
        moved = commands.reschedule_task(pk, due_at, version=version_in(request), **acting(request))
    except (Invalid, Refused, Stale) as refusal:
        return _time_form(request, pk, typed, refusal)
    text = _("Moved to %(when)s: %(title)s") % {"when": formats.datetime_(moved.due_at), "title": moved.title}
    return ended(request, text, f"/tasks/{pk}")


def _time_form(request: HttpRequest, pk: int, typed: str, refusal: Refusal | None = None) -> HttpResponse:
    place = place_of(request)
    context = {
        "task": queries.shown_task(pk, request.user),
        "due_text": typed,
        "errors": forms_tasks.errors_of(refusal),
        "sentences": forms_tasks.sentences_of(refusal, frozenset({"due_at"})),
        "presets": forms_tasks.due_presets(acting(request)["at"]),
        "place": place,
    }
    template = "deals/task_time.html" if place == "page" else "deals/_task_time.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
def reassign_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a task to a colleague."""
    given = commands.reassign_task(pk, request.POST.get("assignee", ""), **acting(request))
    text = _("Handed over to %(name)s: %(title)s") % {"name": given.assignee.name, "title": given.title}
    is_still_seen = Task.objects.visible_to(request.user).filter(pk=pk).exists()
    if is_still_seen or not request.headers.get("HX-Request"):
        return ended(request, text, f"/tasks/{pk}" if is_still_seen else "/tasks")
    response = ended(request, text, "/tasks")
    del response.headers["HX-Refresh"]
    response.headers["HX-Redirect"] = "/tasks"
    return response


@require_POST
def delete_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a task that was made by mistake."""
    found = queries.shown_task(pk, request.user)
    commands.delete_task(pk, **acting(request))
    url = f"/deals/{found.deal_id}" if found.deal_id else "/tasks"
    token = offer(inverse="tasks.restore", arguments={"tasks": [pk]}, **acting(request))
    undo = f"/undo/{token}" if token else None
    response = ended(request, _("Removed: %(title)s") % {"title": found.title}, url, undo)
    if "HX-Refresh" in response.headers:  # the task's own page is gone
        del response.headers["HX-Refresh"]
        response.headers["HX-Redirect"] = url
    return response
