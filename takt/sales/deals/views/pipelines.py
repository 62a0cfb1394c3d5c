"""The settings of pipelines: their order, their stages, and how a stage is taken out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import demand, may
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash, toast
from takt.kernel.undo.commands import offer
from takt.sales.deals import commands, questions
from takt.sales.deals.forms import problems
from takt.sales.deals.models import Pipeline, Stage
from takt.sales.deals.queries import pipelines as queries
from takt.sales.deals.queries.gates import gates_of

ALL = "/settings/pipelines"
KEPT_FIELDS = ("name", "probability", "norm_days", "max_gap_days", "target_share", "level", "hint", "color")
STAGE_FIELDS = (*KEPT_FIELDS, "specialist")
PIPELINE_FIELDS = ("name", "cycle_start", "cycle_start_stage", "cycle_end", "default_owner")

type View = Callable[..., HttpResponse]


def for_editors(view: View) -> View:
    """Only who may edit pipelines sees these pages; the commands ask again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        demand(acting(request)["by"], "edit_pipelines")
        return view(request, *args, **kwargs)

    return answer


def in_dialog(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def shown(
    request: HttpRequest, form: str, context: dict[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """A form in the dialog, or on a page of its own; what was typed stays when it is refused."""
    if refusal is not None and isinstance(refusal, NotFound | Forbidden):
        raise refusal
    found = problems(refusal) if refusal else {"errors": {}, "sentences": []}
    template = f"deals/pipelines/_{form}.html"
    whole = {"form": template, "is_page": not in_dialog(request), **context, **found}
    page = template if in_dialog(request) else "deals/pipelines/form.html"
    return render(request, page, whole, status=refusal.status if refusal else 200)


def done(request: HttpRequest, text: str, url: str, undo: Any = None) -> HttpResponse:
    """The page that shows what changed, with a sentence and the way back."""
    flash(request, text, f"/undo/{undo}" if undo else None)
    if in_dialog(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url, status=303)


def typed_or(request: HttpRequest | None, row: Pipeline | Stage, fields: tuple[str, ...]) -> dict[str, Any]:
    """What was typed, else the record's values; with the version that a repeated change answers to."""
    values: dict[str, Any] = {field: getattr(row, field) for field in fields}
    if isinstance(row, Pipeline):
        values["default_owner"] = row.default_owner_id
        values["cycle_start_stage"] = row.cycle_start_stage_id
    elif "specialist" in values:
        values["specialist"] = row.specialist_id
    return values | (request.POST.dict() if request else {}) | {"version": row.version}


def place_in(request: HttpRequest) -> int:
    """The place asked for, counted from 0."""
    text = request.POST.get("place", "")
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise NotFound
    return int(text)


@require_safe
@for_editors
def index(request: HttpRequest) -> HttpResponse:
    """Every pipeline with its stages."""
    return render(request, "deals/pipelines/index.html", {"rows": queries.pipeline_rows()})


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def new(request: HttpRequest) -> HttpResponse:
    """One more line of business, with stages to start from."""
    typed = {"name": request.POST.get("name", ""), "stages": request.POST.get("stages", "simple")}
    context = {
        "title": _("New pipeline"),
        "back": ALL,
        "typed": typed,
        "choices": queries.first_stage_choices(),
    }
    if request.method != "POST":
        return shown(request, "new", context)
    try:
        stages, mode = queries.first_stages(typed["stages"], get_language() or "en")
        made = commands.create_pipeline(name=typed["name"], stages=stages, gate_mode=mode, **acting(request))
    except Refusal as refusal:
        return shown(request, "new", context, refusal)
    text = _("The pipeline %(name)s is there. Look over its stages.") % {"name": made.name}
    return done(request, text, f"{ALL}/{made.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def pipeline(request: HttpRequest, pk: int) -> HttpResponse:
    """A pipeline's own fields and its stages."""
    row = queries.found_pipeline(pk)
    if request.method != "POST":
        return _pipeline(request, row)
    changes: dict[str, Any] = {f: request.POST[f] for f in PIPELINE_FIELDS if f in request.POST}
    if "has_back" in request.POST:
        changes["allow_back_own"] = "allow_back_own" in request.POST
        changes["cycle_start_by_source"] = _starts_typed(request)
    try:
        changed = commands.edit_pipeline(pk, changes, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return _pipeline(request, row, refusal)
    undo = _undo_of(request, "pipeline", row, changed, changes)
    return done(request, _("Saved."), f"{ALL}/{pk}", undo)


def _undo_of(
    request: HttpRequest,
    kind: str,
    before: Pipeline | Stage,
    after: Pipeline | Stage,
    changes: dict[str, Any],
) -> Any:
    """The way back to the fields that were changed; None where none was."""
    if after.version == before.version:
        return None
    old = {field: getattr(before, field) for field in changes}
    plain = {field: getattr(value, "pk", value) for field, value in old.items()}
    arguments = {kind: before.pk, "changes": plain, "version": after.version}
    return offer(inverse=f"deals.edit_{kind}", arguments=arguments, **acting(request))


def _starts_typed(request: HttpRequest) -> dict[str, str]:
    """Sources whose deals start otherwise, as the form names them: `start_of_<id>`."""
    before = "start_of_"
    return {k.removeprefix(before): v for k, v in request.POST.items() if k.startswith(before) and v}


def _pipeline(request: HttpRequest, row: Pipeline, refusal: Refusal | None = None) -> HttpResponse:
    rows = queries.stage_rows(row)
    context = {
        "pipeline": row,
        "rows": rows,
        "open": sum(r.open for r in rows),
        **_seen(request, row, rows),
        "typed": typed_or(request if refusal else None, row, PIPELINE_FIELDS),
        "starts": Pipeline.CycleStart.choices,
        "stage_choices": [("", "–"), *[(r.stage.pk, r.stage.name) for r in rows]],
        "ends": queries.cycle_end_choices(),
        "sources": queries.source_starts(row, _starts_typed(request) if refusal else None),
        "modes": queries.mode_choices(),
        "is_admin": may(request.user, "administer"),  # type: ignore[arg-type]
        "owners": queries.owner_choices(row.default_owner_id),
        "approval": queries.approval_choices(row),
        **(problems(refusal) if refusal else {"errors": {}, "sentences": []}),
    }
    status = refusal.status if refusal else 200
    return render(request, "deals/pipelines/pipeline.html", context, status=status)


def _seen(request: HttpRequest, row: Pipeline, rows: list[queries.StageRow]) -> dict[str, Any]:
    """What is odd about the stages, and how much each asks for."""
    stages = [r.stage for r in rows]
    return {
        "findings": questions.findings(row, user=request.user, at=acting(request)["at"]),  # type: ignore[arg-type]
        "asks": {g.stage: len(g.criteria) + len(g.fields) for g in gates_of(row, stages)},
    }


@require_POST
@for_editors
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a pipeline up or down among the others."""
    row = queries.found_pipeline(pk)
    commands.place_pipeline(row, place_in(request), version=version_in(request), **acting(request))
    rows = queries.pipeline_rows()
    if not in_dialog(request):
        return HttpResponseRedirect(ALL, status=303)
    at = next(r.place for r in rows if r.pipeline.pk == pk)
    text = _("%(name)s is number %(place)d of %(all)d now.")
    response = render(request, "deals/pipelines/_pipelines.html", {"rows": rows})
    return toast(response, text % {"name": row.name, "place": at + 1, "all": len(rows)})


@require_POST
@for_editors
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a pipeline, or take it back into use."""
    row = queries.found_pipeline(pk)
    is_active = request.POST.get("is_active") == "on"
    act = acting(request)
    row = commands.edit_pipeline(row, {"is_active": is_active}, version=version_in(request), **act)
    undo = offer(
        inverse="deals.edit_pipeline",
        arguments={"pipeline": pk, "changes": {"is_active": not is_active}},
        **act,
    )
    text = _("%(name)s takes deals again.") if is_active else _("%(name)s takes no new deals any more.")
    return done(request, text % {"name": row.name}, f"{ALL}/{pk}", undo)


def _stage_choices(specialist: int | None) -> dict[str, Any]:
    return {
        "colors": [("", _("None")), *Stage.Color.choices],
        "levels": [("", _("As the stage before it")), *Stage.Level.choices],
        "specialists": queries.owner_choices(specialist),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def add_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """One more stage at the end of a pipeline."""
    row = queries.found_pipeline(pk)
    typed = {field: request.POST.get(field, "") for field in STAGE_FIELDS}
    context = {
        "title": _("Add a stage"),
        "back": f"{ALL}/{pk}",
        "goal": f"{ALL}/{pk}/stages",
        "pipeline": row,
        "stage": None,
        "typed": typed,
        **_stage_choices(None),
    }
    if request.method != "POST":
        return shown(request, "stage", context)
    try:
        stage = commands.add_stage(row, **typed, **acting(request))  # type: ignore[arg-type]
    except Refusal as refusal:
        return shown(request, "stage", context, refusal)
    return done(request, _("The stage %(name)s was added.") % {"name": stage.name}, f"{ALL}/{pk}")


def _usual(stage: Stage) -> str:
    """Where the limit of a stage comes from: the firm's own passages, or the norm that is set here."""
    if stage.usual_days is None:
        text = ngettext(
            "Longer than that, the deal is marked. Once ten deals have passed on, their mean counts instead; so far it is %(count)d.",
            "Longer than that, the deal is marked. Once ten deals have passed on, their mean counts instead; so far they are %(count)d.",
            stage.usual_count,
        )
        return text % {"count": stage.usual_count}
    text = _(
        "Deals are marked after %(days)d days: the mean of %(count)d passages of the last 180 days. The norm counts where there are fewer than ten."
    )
    return text % {"days": stage.usual_days, "count": stage.usual_count}


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    """A stage's name, probability, norms and hint."""
    row = queries.found_stage(pk)
    context = {
        "title": _("Edit the stage"),
        "back": f"{ALL}/{row.pipeline_id}",
        "goal": f"/settings/stages/{pk}",
        "pipeline": row.pipeline,
        "stage": row,
        "typed": typed_or(request, row, STAGE_FIELDS),
        "usual": _usual(row),
        **_stage_choices(row.specialist_id),
    }
    if request.method != "POST":
        return shown(request, "stage", context)
    changes = {field: request.POST[field] for field in STAGE_FIELDS if field in request.POST}
    try:
        changed = commands.edit_stage(row, changes, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return shown(request, "stage", context, refusal)
    undo = _undo_of(request, "stage", row, changed, changes)
    return done(request, _("Saved."), f"{ALL}/{row.pipeline_id}", undo)


@require_POST
@for_editors
def place_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a stage up or down in its pipeline."""
    row = queries.found_stage(pk)
    commands.place_stage(row, place_in(request), version=version_in(request), **acting(request))
    if not in_dialog(request):
        return HttpResponseRedirect(f"{ALL}/{row.pipeline_id}", status=303)
    rows = queries.stage_rows(row.pipeline)
    at = next(r.place for r in rows if r.stage.pk == pk)
    context = {"pipeline": row.pipeline, "rows": rows, **_seen(request, row.pipeline, rows)}
    text = _("%(name)s is number %(place)d of %(all)d now.")
    response = render(request, "deals/pipelines/_stages.html", context)
    return toast(response, text % {"name": row.name, "place": at + 1, "all": len(rows)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def remove_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Take out a stage; where deals know it, another one takes them."""
    row = queries.found_stage(pk)
    others = [r.stage for r in queries.stage_rows(row.pipeline) if r.stage.pk != pk]
    context = {
        "title": _("Remove the stage"),
        "back": f"{ALL}/{row.pipeline_id}",
        "stage": row,
        "usage": queries.usage_of(row),
        "others": [("", "–"), *[(s.pk, s.name) for s in others]],
        "typed": typed_or(request, row, ()),
    }
    if request.method != "POST":
        return shown(request, "remove", context)
    kept = _kept(row)
    into = request.POST.get("into", "")
    try:
        moved = commands.remove_stage(row, into=into, version=version_in(request), **acting(request))
    except Refusal as refusal:
        return shown(request, "remove", context, refusal)
    if into and not context["usage"].is_none:
        return done(request, _merged(kept["name"], into, others, moved), f"{ALL}/{row.pipeline_id}")
    undo = offer(inverse="deals.bring_stage_back", arguments={"fields": kept}, **acting(request))
    text = _("The stage %(name)s is removed.") % {"name": kept["name"]}
    return done(request, text, f"{ALL}/{kept['pipeline_id']}", undo)


def _kept(row: Stage) -> dict[str, Any]:
    """What brings an empty stage back; read before it goes."""
    names = ("pipeline_id", "position", "version", "specialist_id", *KEPT_FIELDS)
    return {"id": row.pk, **{name: getattr(row, name) for name in names}, **queries.gate_as_given(row)}


def _merged(name: str, into: str, others: list[Stage], moved: int) -> str:
    target = next((s.name for s in others if str(s.pk) == into), "")
    words = ngettext(
        "%(name)s is merged into %(target)s; %(count)d deal moved.",
        "%(name)s is merged into %(target)s; %(count)d deals moved.",
        moved,
    )
    return words % {"name": name, "target": target, "count": moved}
