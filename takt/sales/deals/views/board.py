"""The board: columns of cards, moves between them, quick deals and new stages in place."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import may, may_add
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lib.returning import own_path
from takt.kernel.lib.standing import standing
from takt.kernel.lists.asking import Asked, asked
from takt.kernel.lists.commands import keep_board
from takt.kernel.lists.filter_forms import filter_form
from takt.kernel.lists.table import Table, bar_of
from takt.kernel.ui.toasts import flash, toast
from takt.sales.deals import commands, forms
from takt.sales.deals.lists import DEALS
from takt.sales.deals.models import Deal, Pipeline, Stage
from takt.sales.deals.queries import board, card_fields
from takt.sales.deals.queries.cards import Reader
from takt.sales.deals.queries.ways import asked_in_words

PATH = "/deals/board"
DECIDED = ("pipeline", "stage", "status")  # what the board itself chooses, and offers no filter for


def _asked(request: HttpRequest) -> tuple[Asked, str]:
    """The list's own question; which pipeline is shown is the board's."""
    ask = asked(DEALS, request.GET, request.user, also=("pipeline",), blanks=True)  # type: ignore[arg-type]
    return ask, next((text for name, text in ask.other if name == "pipeline"), "")


@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """The open deals of a pipeline by stage."""
    user: Any = request.user
    at = acting(request)["at"]
    ask, wanted = _asked(request)
    if (form := filter_form(request, ask, PATH, without=DECIDED)) is not None:
        return form
    pipeline = board.pipeline_of(wanted, user)
    stages = _stages_of(pipeline, user) if pipeline else []
    mine = stages[0].set_up or {} if stages else {}  # type: ignore[attr-defined]
    if mine.get("sort") and "sort" not in request.GET:
        ask = replace(ask, sort=mine["sort"])
    extras = card_fields.extras_of(mine.get("fields") or (), user)
    reader = Reader(user, at, settings.TAKT_CURRENCY, extras)
    found = board.columns(stages, ask, user, at=at, more=_needs(extras))
    query = ask.query()
    asks = asked_in_words(pipeline, stages) if pipeline else {}
    context = {
        "pipeline": pipeline,
        "pipelines": _pipelines(ask, pipeline),
        "columns": [_column(reader, c, query, asks.get(c.stage.pk, ())) for c in found],
        "stages": stages,
        "totals": _totals(board.whole(c.total for c in found)),
        "table": _bar(ask),
        "list_url": _at("/deals", _in_list(ask, pipeline)),
        "sorts": _sorts(ask),
        "card_fields": card_fields.offered(c.field for c in ask.spec.columns if c.field is not None),
        "chosen_fields": [e.name for e in extras],
        "may_add": may_add(user, "deal"),
        "may_edit_pipelines": may(user, "edit_pipelines"),
    }
    return render(request, "deals/board.html", context)


def _bar(ask: Asked) -> Table:
    """Filters and saved views; those of finished deals stand in the list alone."""
    bar = bar_of(ask, PATH)
    here = [t for t in bar.tabs if _is_of_open(t.url, t.is_active)]
    return replace(bar, tabs=tuple(here))


def _is_of_open(url: str, is_active: bool) -> bool:
    words = QueryDict(urlsplit(url).query)
    wanted = words.get("status")
    return (
        is_active
        or wanted is None
        or (wanted == "open" and set(words) != {"status", "pipeline"} and set(words) != {"status"})
    )


def _pipelines(ask: Asked, chosen: Pipeline | None) -> list[dict[str, Any]]:
    """The switcher: filters that belong to one pipeline alone are left behind."""
    rows = Pipeline.objects.filter(is_active=True).order_by("position", "id")
    query = ask.query(without=("stage",), pipeline="")
    return [
        {"name": p.name, "url": _at(PATH, _joined(f"pipeline={p.pk}", query)), "is_chosen": p == chosen}
        for p in rows
    ]


def _joined(*parts: str) -> str:
    return "&".join(p for p in parts if p)


def _at(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _in_list(ask: Asked, pipeline: Pipeline | None) -> str:
    """The same filter and order in the list; only open deals, as here."""
    own = "" if any(f.column.name == "status" for f in ask.filters) else "status=open"
    chosen = f"pipeline={pipeline.pk}" if pipeline else ""
    return _joined(chosen, own, ask.query(pipeline=""))


def _stages_of(pipeline: Pipeline, user: Any) -> list[Stage]:
    """The stages in order; the person's own set-up of the board is read along with them."""
    return list(pipeline.stages.order_by("position").annotate(set_up=card_fields.chosen(user)))


def _needs(extras: list[card_fields.Extra]) -> list[str]:
    return [name for extra in extras for name in extra.needs]


def _sorts(ask: Asked) -> list[dict[str, Any]]:
    return [
        {"word": word, "label": label, "is_chosen": ask.sort == word} for word, label in card_fields.SORTS
    ]


@require_POST
def set_up(request: HttpRequest) -> HttpResponse:
    """Keep the order of the person's cards and up to two fields more on them."""
    user: Any = request.user
    mine = card_fields.set_up(user)
    sort, fields = request.POST.get("sort", mine.get("sort", "")), mine.get("fields") or []
    if "fields" in request.POST or "has_fields" in request.POST:
        fields = request.POST.getlist("fields")
    known = dict(card_fields.offered(fields_in_use("deal")))
    if sort and sort not in dict(card_fields.SORTS):
        raise Invalid.field("sort", _("The cards can't be ordered by that."), "unknown")
    if any(name not in known for name in fields):
        raise Invalid.field("fields", _("There is no such field."), "unknown")
    if len(fields) > card_fields.MOST:
        raise Invalid.field("fields", _("A card shows at most two fields more."), "too_many")
    keep_board(card_fields.RESOURCE, fields, sort, **acting(request))
    where = urlsplit(own_path(request, request.POST.get("_to"), PATH))
    query = QueryDict(where.query, mutable=True)
    query.pop("sort", None)
    return HttpResponseRedirect(_at(PATH, query.urlencode()), status=303)


def _column(reader: Reader, column: board.Column, query: str, asks: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "id": column.stage.pk,
        "name": column.stage.name,
        "head": reader.head(column.stage, column.total, asks),
        "norm": column.stage.limit_days,
        "cards": reader.cards(column.rows, column.stage),
        "more": _more(column.stage.pk, query, column.cursor),
    }


def _more(stage: int, query: str, cursor: str | None) -> str:
    return f"/deals/board/column/{stage}?" + _joined(query, f"cursor={cursor}") if cursor else ""


def _totals(total: board.Sum_) -> dict[str, Any]:
    return {
        "deals": total.deals,
        "amount": total.amount,
        "weighted": total.weighted,
        "currency": settings.TAKT_CURRENCY,
    }


@require_safe
def column(request: HttpRequest, stage: int) -> HttpResponse:
    """The next cards of a column, asked for by scrolling."""
    user: Any = request.user
    ask, _wanted = _asked(request)
    row = _stage(stage)
    extras = card_fields.extras_of(card_fields.set_up(user).get("fields") or (), user)
    reader = Reader(user, acting(request)["at"], settings.TAKT_CURRENCY, extras)
    rows, cursor = board.more_cards(row, ask, user, _needs(extras))
    context = {
        "cards": reader.cards(rows, row),
        "norm": row.limit_days,
        "stages": list(Stage.objects.filter(pipeline=row.pipeline_id).order_by("position")),
        "more": _more(stage, ask.query(), cursor),
    }
    return render(request, "deals/_board_cards.html", context)


def _stage(pk: int) -> Stage:
    found = Stage.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _all_stages(pipeline: int) -> list[Stage]:
    """The columns in order, each with its pipeline: one query."""
    return _in_order(pipeline)


@standing
def _in_order(pipeline: int) -> QuerySet[Stage]:
    return Stage.objects.filter(pipeline=pipeline).select_related("pipeline").order_by("position")


def renewed(request: HttpRequest, deal: Deal, stages: set[int]) -> dict[str, Any]:
    """What changed on the board that the person looks at: heads, totals, the card."""
    user: Any = request.user
    at = acting(request)["at"]
    ask = _board_behind(request)
    every = _all_stages(deal.pipeline_id)
    asks = asked_in_words(every[0].pipeline, every)
    sums = board.totals(every, ask, user, at=at)
    extras = card_fields.extras_of(card_fields.set_up(user).get("fields") or (), user)
    reader = Reader(user, at, settings.TAKT_CURRENCY, extras)
    heads = {
        str(s.pk): render_to_string(
            "deals/_board_head.html", {"head": reader.head(s, sums[s.pk], asks[s.pk])}
        )
        for s in every
        if s.pk in stages
    }
    row = board.one_card(deal.pk, user, _needs(extras))
    here = next(s for s in every if s.pk == deal.stage_id)
    shown = {
        "cards": reader.cards([row], here) if row else [],
        "norm": here.limit_days,
        "stages": every,
        "more": "",
    }
    return {
        "heads": heads,
        "totals": render_to_string(
            "deals/_board_totals.html", {"totals": _totals(board.whole(sums.values()))}
        ),
        "card": render_to_string("deals/_board_cards.html", shown).strip() or None,
    }


def _board_behind(request: HttpRequest) -> Asked:
    """The filters of the board from which the act was called, so that its totals stay those it shows."""
    where = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    query = QueryDict(where.query if where.path == PATH else "")
    try:
        return asked(DEALS, query, request.user, also=("pipeline",), blanks=True)  # type: ignore[arg-type]
    except Invalid:
        return asked(DEALS, QueryDict(""), request.user)  # type: ignore[arg-type]


@require_http_methods(["GET", "POST"])
def quick(request: HttpRequest) -> HttpResponse:
    """A deal from four fields in a column; Takt plans its first contact for today."""
    if request.method == "GET":
        return HttpResponseRedirect(_at("/deals/new", request.GET.urlencode()))
    user: Any = request.user
    is_htmx = bool(request.headers.get("HX-Request"))
    typed = {name: request.POST.get(name, "") for name in forms.QUICK_FIELDS}
    try:
        deal = commands.create_deal(**forms.quick_deal(request.POST), **acting(request))
    except Invalid as refusal:
        if not is_htmx:
            raise
        column = {"id": typed["stage"]}
        context = {
            "column": column,
            "typed": typed,
            "is_open": True,
            **forms.problems(refusal, {"phones": "reach", "emails": "reach"}),
        }
        response = render(request, "deals/_board_quick.html", context, status=422)
        response["HX-Retarget"] = f"#quick-{typed['stage']}"
        response["HX-Reswap"] = "outerHTML"
        return response
    if not is_htmx:
        flash(request, _("%(name)s was added.") % {"name": deal.name})
        return HttpResponseRedirect(f"/deals/board?pipeline={deal.pipeline_id}", status=303)
    at = acting(request)["at"]
    ask = _board_behind(request)
    every = _all_stages(deal.pipeline_id)
    asks = asked_in_words(every[0].pipeline, every)
    sums = board.totals(every, ask, user, at=at)
    extras = card_fields.extras_of(card_fields.set_up(user).get("fields") or (), user)
    reader = Reader(user, at, settings.TAKT_CURRENCY, extras)
    row = board.one_card(deal.pk, user, _needs(extras))
    stage = next(s for s in every if s.pk == deal.stage_id)
    context = {
        "cards": reader.cards([row], stage) if row else [],
        "norm": stage.limit_days,
        "stages": every,
        "more": "",
        "head": reader.head(stage, sums[stage.pk], asks[stage.pk]),
        "totals": _totals(board.whole(sums.values())),
        "column": {"id": stage.pk},
        "is_open": True,
        "typed": {},
        "errors": {},
        "sentences": [],
        "oob": True,
    }
    response = render(request, "deals/_board_quick_done.html", context)
    return toast(response, _("%(name)s was added.") % {"name": deal.name})


@require_http_methods(["GET", "POST"])
def add_stage(request: HttpRequest, pipeline: int) -> HttpResponse:
    """A new column at the end of the board, without leaving the page."""
    found = Pipeline.objects.filter(pk=pipeline).first() if pipeline < 2**63 else None
    if found is None:
        raise NotFound
    context: dict[str, Any] = {"pipeline": found, "typed": request.POST, "errors": {}, "sentences": []}
    if request.method == "GET":
        if request.GET.get("cancel"):
            return render(request, "deals/_board_add_stage.html", context | {"is_open": False})
        page = "_board_add_stage.html" if request.headers.get("HX-Request") else "board_stage.html"
        return render(request, f"deals/{page}", context | {"is_open": True})
    try:
        stage = commands.add_stage(
            found,
            name=request.POST.get("name", ""),
            probability=request.POST.get("probability", "") or 0,
            norm_days=request.POST.get("norm_days", ""),  # type: ignore[arg-type]
            **acting(request),
        )
    except Invalid as refusal:
        again = context | forms.problems(refusal) | {"is_open": True}
        page = "_board_add_stage.html" if request.headers.get("HX-Request") else "board_stage.html"
        return render(request, f"deals/{page}", again, status=422)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{PATH}?pipeline={pipeline}", status=303)
    reader = Reader(request.user, acting(request)["at"], settings.TAKT_CURRENCY)  # type: ignore[arg-type]
    empty = board.Column(stage, board.Sum_(0, board.ZERO, board.ZERO), [], None)
    made = context | {
        "column": _column(reader, empty, ""),
        "stages": list(found.stages.order_by("position")),
        "may_add": may_add(request.user, "deal"),  # type: ignore[arg-type]
        "is_open": False,
        "typed": {},
    }
    return toast(render(request, "deals/_board_stage_added.html", made), _("The stage was added."))
