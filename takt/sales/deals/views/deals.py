"""The list of deals, the form of a new one, acts on many, and the panel on a customer's card."""

import datetime as dt
from collections.abc import Container, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.access.reach import demand_add, may_add
from takt.kernel.fields.forms import inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.files.holding import keep_files
from takt.kernel.lib.refusals import NotFound, Refusal
from takt.kernel.lists.asking import Asked
from takt.kernel.lists.beside import opened_from
from takt.kernel.lists.cells import Cell, Show
from takt.kernel.lists.table import Foot, list_page
from takt.kernel.ui import formats
from takt.kernel.ui.toasts import flash
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import forms
from takt.sales.deals.commands.starting import start_deal
from takt.sales.deals.lists import DEALS, deal_rows
from takt.sales.deals.models import Deal, DealContact, DealQuerySet, Stage
from takt.sales.deals.queries import panels
from takt.sales.deals.queries.qualification import rivals_of
from takt.sales.deals.queries.totals import totals_of
from takt.sales.deals.rules_qualification import MOST_BANT, MOST_MEDDIC

TONES = {"won": "good", "lost": "late", "open": ""}


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """Every deal one may see, open and finished."""
    user: Any = request.user
    at = acting(request)["at"]
    today = timezone.localdate(at)
    return list_page(
        request,
        DEALS,
        partial(_rows, user),
        template="deals/list.html",
        shows=_shows(at, today, urlencode({"in": opened_from(request.GET)})),
        totals=_totals,
        empty_text=_("Deals are sales in the making. Add the first one, or import a list."),
        context={"may_add": may_add(user, "deal"), "board_url": _board_url(request.GET)},
    )


def _rows(user: Any, names: Container[str]) -> DealQuerySet:
    """The list's rows, with the names of their people where those are asked for and may be seen."""
    rows = deal_rows(user, names)
    if "people" in names:
        seen = Contact.objects.visible_to(user).order_by().values("pk")
        people = DealContact.objects.filter(deal=OuterRef("pk"), contact__in=seen).order_by("position", "id")
        rows = rows.annotate(people=ArraySubquery(people.values("contact__name")))  # type: ignore[assignment]
    if "rival_names" in names:
        rows = rows.annotate(rival_names=rivals_of())  # type: ignore[assignment]
    return rows


def _board_url(given: QueryDict) -> str:
    """The same filter and order on the board, which knows open deals only."""
    words = given.copy()
    for name in [
        n
        for n in words
        if n.split("__")[0] in {"status", "stage", "cursor", "columns", "limit", "count", "export"}
    ]:
        del words[name]
    if "," in words.get("pipeline", ""):
        del words["pipeline"]
    query = words.urlencode()
    return f"/deals/board?{query}" if query else "/deals/board"


def _score(found: int | None, most: int) -> str:
    """The sum, and its share of what can be reached."""
    return "" if found is None else f"{found}/{most} · {round(found * 100 / most)} %"


def _shows(at: dt.datetime, today: dt.date, opened: str) -> dict[str, Show]:
    """How each column is shown to somebody who looks at this moment; another is shown by its kind.

    `opened` is the list's question, which each deal's address keeps.
    """
    return {
        "name": Show(("name",), lambda r: Cell(r.name, url=f"/deals/{r.id}?{opened}", value=r.name)),
        "company": Show(("seen_company", "seen_company_id"), _company),
        "amount": Show(("amount", "currency"), _amount),
        "contractor_cost": Show(("contractor_cost", "currency"), _contractor_cost),
        "stage": Show(
            ("stage__name", "status"),
            lambda r: Cell(r.stage__name, tone="" if r.status == "open" else "muted"),
        ),
        "status": Show(("status",), lambda r: Cell(str(Deal.Status(r.status).label), tone=TONES[r.status])),
        "owner": Show(
            ("owner__name",),
            lambda r: Cell(r.owner__name, initials=_initials(r.owner__name), value=r.owner__name),
        ),
        "next_task": Show(("next_task_id", "next_task__title", "next_task__type__icon", "status"), _step),
        "next_due_at": Show(("next_due_at",), lambda r: _due(r, at)),
        "expected_close_date": Show(("expected_close_on", "status"), lambda r: _closes(r, today)),
        "last_activity_at": Show(("last_activity_at",), lambda r: _moment(r.last_activity_at, today)),
        "pipeline": Show(("pipeline__name",), lambda r: r.pipeline__name),
        "type": Show(("type__name",), lambda r: r.type__name or ""),
        "source": Show(("source__name",), lambda r: r.source__name or ""),
        "likely": Show(
            ("probability", "stage__probability"),
            lambda r: f"{r.probability if r.probability is not None else r.stage__probability} %",
        ),
        "loss_reason": Show(("loss_reason__name",), lambda r: r.loss_reason__name or ""),
        "contacts": Show(("people",), lambda r: ", ".join(r.people)),
        "bant": Show(
            ("qualification__bant",),
            lambda r: Cell(_score(r.qualification__bant, MOST_BANT), value=r.qualification__bant),
        ),
        "meddic": Show(
            ("qualification__meddic",),
            lambda r: Cell(_score(r.qualification__meddic, MOST_MEDDIC), value=r.qualification__meddic),
        ),
        "competitors": Show(("rival_names",), lambda r: ", ".join(r.rival_names)),
    }


def _company(row: Any) -> Cell:
    url = f"/companies/{row.seen_company_id}" if row.seen_company_id else ""
    return Cell(row.seen_company, url=url, value=row.seen_company)


def _amount(row: Any) -> Cell:
    return Cell("" if row.amount is None else formats.money(row.amount, row.currency), value=row.amount)


def _contractor_cost(row: Any) -> Cell:
    cost = row.contractor_cost
    return Cell("" if cost is None else formats.money(cost, row.currency), value=cost)


def _closes(row: Any, today: dt.date) -> Cell:
    closes = row.expected_close_on
    tone = "warn" if closes and row.status == "open" and closes < today else ""
    return Cell(formats.date_short(closes, today) if closes else "", tone=tone, value=closes)


def _moment(value: dt.datetime, today: dt.date) -> Cell:
    local = timezone.localtime(value)
    return Cell(formats.datetime_(local, today), value=local)


def _initials(name: str) -> str:
    words = name.split()
    return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()[:2]


def _step(row: Any) -> Cell:
    if row.next_task_id is None:
        if row.status == "open":
            return Cell(_("No next step"), icon="circle-dashed", tone="late", value="")
        return Cell(value="")
    return Cell(row.next_task__title, icon=row.next_task__type__icon, value=row.next_task__title)


def _due(row: Any, at: dt.datetime) -> Cell:
    if row.next_due_at is None:
        return Cell(value="")
    tone = {"late": "late", "today": "accent"}.get(formats.due_state(row.next_due_at, at), "")
    return Cell(formats.due(row.next_due_at, at), tone=tone, value=row.next_due_at)


def _totals(ask: Asked, rows: QuerySet[Any]) -> Foot:
    """How many, and the sum in the organisation's currency; beside it what has no rate."""
    count, total = totals_of(ask, rows)
    texts = [formats.money(total.amount, settings.TAKT_CURRENCY)]
    texts += [
        _("%(amount)s not converted") % {"amount": formats.money(a, c)}
        for c, a in total.not_converted.items()
    ]
    return Foot(count, {"amount": " + ".join(texts)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """One form for the deal, its company, its people and its first step."""
    by = acting(request)["by"]
    demand_add(by, "deal")
    if request.method != "POST":
        return _new_form(request, _blank(request))
    files = keep_files(request)
    try:
        files.finish()
        deal = start_deal(**forms.new_deal(request.POST), **acting(request))
    except Refusal as refusal:
        typed = {name: request.POST.get(name, "") for name in forms.NEW_FIELDS}
        return _new_form(request, typed, refusal)
    flash(request, _("%(name)s was added.") % {"name": deal.name})
    goal = f"/deals/{deal.pk}"
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(goal, status=303)
    behind = urlsplit(request.headers.get("HX-Current-URL", ""))
    if behind.path in {"/deals/board", "/deals"}:
        goal = f"{behind.path}?{behind.query}" if behind.query else behind.path
    return HttpResponse(status=204, headers={"HX-Redirect": goal})


def _blank(request: HttpRequest) -> dict[str, str]:
    asked = request.GET
    typed = {name: asked.get(name, "")[:200] for name in forms.NEW_FIELDS}
    user: Any = request.user
    at = acting(request)["at"]
    return typed | forms.blank_step(at) | {
        "owner": str(user.pk), "currency": typed["currency"] or settings.TAKT_CURRENCY
    }  # fmt: skip


def _new_form(request: HttpRequest, typed: dict[str, Any], refusal: Refusal | None = None) -> HttpResponse:
    user: Any = request.user
    is_dialog = bool(request.headers.get("HX-Request"))
    stages = forms.all_stages()
    if not typed["stage"] and forms.whole_id(typed["pipeline"]):
        first = Stage.objects.filter(pipeline=int(typed["pipeline"])).order_by("position").first()
        typed["stage"] = str(first.pk) if first else ""
    given = request.POST if request.method == "POST" else request.GET
    picked_company = _picked(Company.objects.visible_to(user), [typed["company"]])
    picked_people = _picked(Contact.objects.visible_to(user), given.getlist("contact"))
    types = forms.types()
    if typed["type"] and typed["type"] not in {str(pk) for pk, _name in types}:
        types = [*types, (typed["type"], typed["type"])]
    found: dict[str, Any] = (
        forms.problems(refusal, forms.OF_FORM) if refusal else {"errors": {}, "sentences": []}
    )
    shown = set(forms.NEW_FIELDS)
    found["sentences"] += [
        text
        for field, text in found["errors"].items()
        if field not in shown and not field.startswith("custom.")
    ]
    context = {
        "typed": typed,
        "is_dialog": is_dialog,
        "stages": stages,
        "owners": forms.owners(user),
        "companies": picked_company,
        "people": picked_people,
        "chosen_people": [value for value, _text in picked_people],
        "types": types,
        "sources": forms.sources(),
        "currencies": forms.currencies(typed["currency"]),
        "step_types": forms.step_types(),
        "own": inputs(fields_in_use("deal"), {}, user, posted(request.POST), found["errors"]),
        "form": "deals/_new.html",
        "title": _("New deal"),
        **found,
    }
    template = "deals/_new.html" if is_dialog else "deals/form_page.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


def _picked(rows: QuerySet[Any], given: Iterable[str]) -> list[tuple[str, str]]:
    """What was picked with its name, and what was newly typed as it stands."""
    given = [g for g in given if g][:20]
    names = {
        str(pk): name
        for pk, name in rows.filter(pk__in=[g for g in given if forms.whole_id(g)]).values_list("pk", "name")
    }
    return [(g, names.get(g, g)) for g in given if g in names or not forms.whole_id(g)]


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """The deals of a company or a person, with stage and result."""
    user: Any = request.user
    company, contact = (forms.whole_id(request.GET.get(k, "")) for k in ("company", "contact"))
    if company:
        Company.objects.found(company, by=user)
        found, key = panels.deals_of(user, company=company), f"company={company}"
    elif contact:
        Contact.objects.found(contact, by=user)
        found, key = panels.deals_of(user, parts__contact=contact), f"contact={contact}"
    else:
        raise NotFound
    more = f"/deals?{key.replace('contact=', 'contacts=')}"
    context = {"panel": found, "key": key, "more": more, "may_add": may_add(user, "deal")}
    return render(request, "deals/_panel.html", context)
