"""One field of the deal's page, edited in place."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from takt.kernel.access.edge import acting
from takt.kernel.fields.forms import inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import every_line
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refusal, Stale
from takt.kernel.undo.commands import offer
from takt.sales.contacts.models import Company
from takt.sales.deals import commands, forms
from takt.sales.deals.commands import undoing
from takt.sales.deals.models import Competitor, Deal
from takt.sales.deals.queries.fields import PARTS, Shown, labels, of_need, of_own, of_sale, stored
from takt.sales.deals.queries.page import sees

LONG = frozenset({"need", "criteria", "about"})


@dataclass
class Control:
    """One input of a field's form; `kind` is what the template draws."""

    name: str
    kind: str = "text"
    value: Any = ""
    options: list[tuple[Any, str]] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    label: str = ""
    pick: str = ""
    creates: bool = False


def _deal(pk: int, user: Any) -> Deal:
    rows = Deal.objects.select_related(
        "stage", "owner", "type", "source", "company", "loss_reason", "pipeline"
    )
    return rows.found(pk, by=user)


def _names(key: str) -> tuple[str, ...]:
    if key.startswith("custom."):
        return (key,)
    if key not in PARTS:
        raise NotFound
    return PARTS[key]


@require_http_methods(["GET", "HEAD", "POST"])
def edit_field(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The form of one field in its place; saved, it is the field again. What is refused keeps what was typed."""
    user: Any = request.user
    deal = _deal(pk, user)
    names = _names(key)
    if not Deal.objects.visible_to(user, "edit").filter(pk=pk).exists():
        raise Forbidden
    if request.method != "POST":
        return _answer(request, deal, key, _form(request, deal, key, stored(deal, names)))
    seen = _seen(request.POST)
    try:
        changes = _changes(request.POST, key)
        note = undoing.before_assigning([deal]) if key == "owner" else None
        commands.set_fields(pk, changes, seen=seen, **acting(request))
    except Stale:
        now = _deal(pk, user)
        html = _form(request, now, key, stored(now, names), theirs=_line(now, key, request))
        return _answer(request, now, key, html, 409)
    except NotFound:
        raise
    except Refusal as refusal:
        again = seen if seen is not None else stored(deal, names)
        return _answer(request, deal, key, _form(request, deal, key, again, refusal), refusal.status)
    found = Deal.objects.visible_to(user).filter(pk=pk).exists()
    undo = offer(inverse="deals.unassign_deals", arguments=note, **acting(request)) if note else None
    if not found:  # given away by somebody who sees his own deals alone
        return (
            JsonResponse({"url": "/deals/board"})
            if _is_json(request)
            else HttpResponseRedirect("/deals/board")
        )
    return _saved(request, _deal(pk, user), key, str(undo) if undo else "")


def _seen(post: QueryDict) -> dict[str, str] | None:
    """The values that stood in the form when it was opened; none where it came from elsewhere."""
    text = post.get("seen", "")
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Invalid.field("seen", _("This form can't be read. Load the page again."), "unreadable")
    known = {n for names in PARTS.values() for n in names}
    if any(name not in known and not name.startswith("custom.") for name in found):
        raise Invalid.field("seen", _("This form can't be read. Load the page again."), "unreadable")
    return found


def _is_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _changes(post: QueryDict, key: str) -> dict[str, Any]:
    """What `set_fields` takes, from the form of one field."""
    if key.startswith("custom."):
        slug = key.removeprefix("custom.")
        return {"custom": {k: v for k, v in posted(post).items() if k == slug}}
    if key == "amount":
        return {"amount": typed_number(post.get("amount", "")), "currency": post.get("currency", "")}
    if key == "budget":
        return {name: typed_number(post.get(name, "")) for name in PARTS[key]}
    if key == "tags":
        return {"tags": [t for t in (x.strip() for x in post.get("tags", "").split(",")) if t]}
    if key == "competitors":
        rivals = [r for r in post.getlist("competitors") if r.strip()]
        return {"competitors": rivals, "has_no_competitors": not rivals and "has_no_competitors" in post}
    return {key: post.get(key, "")}


def _form(
    request: HttpRequest,
    deal: Deal,
    key: str,
    seen: dict[str, str],
    refusal: Refusal | None = None,
    theirs: Shown | None = None,
) -> str:
    typed = request.POST if request.method == "POST" else None
    errors: list[str] = []
    if refusal is not None:
        errors = list(dict.fromkeys(str(e.message) for e in refusal.errors)) or [str(refusal.detail)]
    own = None
    controls: list[Control] = []
    if key.startswith("custom."):
        own = _own(request, deal, key)
    else:
        controls = _controls(request, deal, key, typed)
    context = {
        "deal": deal,
        "key": key,
        "label": own[0].label if own else labels()[key],
        "controls": controls,
        "own": own,
        "seen": json.dumps(seen),
        "errors": errors,
        "theirs": theirs,
        "is_stale": theirs is not None,
        "is_long": key in LONG,
    }
    return render_to_string("deals/_field_edit.html", context, request=request)


def _own(request: HttpRequest, deal: Deal, key: str) -> Any:
    slug = key.removeprefix("custom.")
    definitions = [d for d in fields_in_use("deal", deal.pk) if d.slug == slug and d.kind != "file"]
    found = inputs(definitions, deal.custom, request.user, posted(request.POST))  # type: ignore[arg-type]
    if not found or found[0].control == "hidden":
        raise NotFound
    return found


def _controls(request: HttpRequest, deal: Deal, key: str, typed: QueryDict | None) -> list[Control]:
    user: Any = request.user
    label = labels()[key]

    def value(name: str, otherwise: Any) -> Any:
        return typed.get(name, "") if typed is not None else otherwise

    match key:
        case "amount":
            amount = "" if deal.amount is None else deal.amount
            currency = value("currency", deal.currency)
            return [
                Control("amount", "money", value("amount", amount), label=label),
                Control("currency", "select", currency, forms.currencies(currency), label=_("Currency")),
            ]
        case "budget":
            low, high = ("" if x is None else x for x in (deal.budget_from, deal.budget_to))
            return [
                Control("budget_from", "money", value("budget_from", low), label=_("Budget from")),
                Control("budget_to", "money", value("budget_to", high), label=_("Budget up to")),
            ]
        case "expected_close_date":
            day = deal.expected_close_on.isoformat() if deal.expected_close_on else ""
            return [Control(key, "date", value(key, day), label=label)]
        case "probability":
            return [Control(key, "number", value(key, deal.probability), label=label)]
        case "type":
            return [_type(deal, value(key, deal.type_id or ""), label)]
        case "source":
            return [Control(key, "select", value(key, deal.source_id or ""), forms.sources(), label=label)]
        case "owner":
            people = forms.owners(user)
            if all(pk != deal.owner_id for pk, _name in people):
                people = [(deal.owner_id, deal.owner.name), *people]
            return [Control(key, "select", value(key, deal.owner_id), people, label=label)]
        case "company":
            if deal.company_id and not sees(user, "company", deal.company):
                raise NotFound
            number = forms.whole_id(str(value(key, deal.company_id or "")))
            row = Company.objects.visible_to(user).filter(pk=number or 0).first()
            options = [("", "–"), *([(row.pk, row.name)] if row else [])]
            return [Control(key, "select", number or "", options, label=label, pick="/companies/pick")]
        case "tags":
            return [
                Control(key, "text", value(key, ", ".join(deal.tags)), label=_("Tags, separated by commas"))
            ]
        case "competitors":
            return _competitors(deal, typed, label)
    kind = "textarea" if key in LONG else "text"
    return [Control(key, kind, value(key, getattr(deal, key)), label=label)]


def _type(deal: Deal, chosen: Any, label: str) -> Control:
    options = forms.types()
    known = {str(pk) for pk, _name in options}
    if str(chosen) not in known:
        name = deal.type.name if deal.type and str(deal.type_id) == str(chosen) else str(chosen)
        options = [*options, (chosen, name)]
    return Control("type", "select", chosen, options, label=label, pick="local", creates=True)


def _competitors(deal: Deal, typed: QueryDict | None, label: str) -> list[Control]:
    every = [
        (str(pk), name)
        for pk, name in Competitor.objects.filter(is_active=True)
        .order_by("sort_key", "id")
        .values_list("pk", "name")[:500]
    ]
    there = Competitor.objects.filter(deals__deal=deal).values_list("pk", "name")
    every += [(str(pk), name) for pk, name in there if (str(pk), name) not in every]
    chosen = typed.getlist("competitors") if typed is not None else [str(pk) for pk, _name in there]
    every += [(c, c) for c in chosen if c not in {v for v, _text in every}]
    said = "has_no_competitors" in typed if typed is not None else deal.has_no_competitors
    return [
        Control("competitors", "many", options=every, chosen=chosen, label=label, pick="local", creates=True),
        Control("has_no_competitors", "checkbox", said, label=_("There are none")),
    ]


def _line(deal: Deal, key: str, request: HttpRequest) -> Shown:
    """The field as it is read."""
    at = acting(request)["at"]
    if key.startswith("custom."):
        slug = key.removeprefix("custom.")
        rows = [d for d in fields_in_use("deal", deal.pk) if d.slug == slug]
        return of_own(every_line(rows, deal.custom, request.user)[0])  # type: ignore[arg-type]
    if key == "name":
        return Shown("name", labels()["name"], deal.name)
    if key == "company":
        is_seen = deal.company is not None and sees(request.user, "company", deal.company)  # type: ignore[arg-type]
        return Shown("company", labels()["company"], deal.company.name if is_seen and deal.company else "")
    rivals = list(
        Competitor.objects.filter(deals__deal=deal).order_by("sort_key", "id").values_list("name", flat=True)
    )
    sale = of_sale(deal, at, has_lines=deal.lines.exists(), owner=deal.owner.name)  # type: ignore[attr-defined]
    return next(f for f in (*sale, *of_need(deal, rivals)) if f.key == key)


def _answer(request: HttpRequest, deal: Deal, key: str, html: str, status: int = 200) -> HttpResponse:
    if _is_json(request):
        return JsonResponse({"html": html}, status=status)
    if request.headers.get("HX-Request"):
        return HttpResponse(html, status=status)
    context = {"deal": deal, "html": html, "title": labels().get(key, _("Edit"))}
    return render(request, "deals/field.html", context, status=status)


def _saved(request: HttpRequest, deal: Deal, key: str, undo: str) -> HttpResponse:
    if not _is_json(request):
        return HttpResponseRedirect(f"/deals/{deal.pk}", status=303)
    head = {"deal": deal, "may_edit": True}
    html = ""
    if key not in {"name", "company"}:
        shown = {"line": _line(deal, key, request), "deal": deal, "may_edit": True}
        html = render_to_string("deals/_field.html", shown, request=request)
    also = {"dl-name": render_to_string("deals/_name.html", head, request=request)}
    answer: dict[str, Any] = {"html": html, "version": deal.version, "also": also}
    if key in {"owner", "company"}:  # what hangs on them is all over the page
        answer["url"] = f"/deals/{deal.pk}"
    if undo:
        answer["undo"] = f"/undo/{undo}"
        answer["toast"] = _("%(deal)s is now %(owner)s's.") % {"deal": deal.name, "owner": deal.owner.name}
    return JsonResponse(answer)
