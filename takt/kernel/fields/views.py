"""The settings of one's own fields, and the fields of one record alone."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from takt.kernel.access.edge import acting, version_in
from takt.kernel.access.reach import demand, may
from takt.kernel.fields import commands, queries
from takt.kernel.fields.models import MODELS, Entity, FieldDefinition, FieldKind
from takt.kernel.lib.refusals import Forbidden, NotFound, Refusal
from takt.kernel.ui.toasts import flash, toast
from takt.kernel.undo.commands import offer

# Where a record's own form stands, by name, because these rooms stand higher.
RECORDS = {
    "deal": "/deals/{}/edit",
    "company": "/companies/{}/edit",
    "contact": "/contacts/{}/edit",
    "product": "/products/{}",
}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, entity: str) -> HttpResponse:
    """The fields of a kind of record; a POST adds one."""
    demand(acting(request)["by"], "edit_fields")
    if entity not in Entity.values:
        raise NotFound
    if request.method != "POST":
        return _index(request, entity)
    try:
        row = commands.create_field(entity=entity, **_posted(request), **acting(request))
    except Refusal as refusal:
        return _index(request, entity, refusal)
    flash(request, _("%(name)s was added.") % {"name": row.name})
    return HttpResponseRedirect(_home(row), status=303)


def _index(request: HttpRequest, entity: str, refusal: Refusal | None = None) -> HttpResponse:
    context = _listed(entity) | {"typed": request.POST if refusal else {}} | _problems(refusal)
    return render(request, "fields/index.html", context, status=refusal.status if refusal else 200)


def _listed(entity: str) -> dict[str, Any]:
    tabs = [
        {"url": f"/settings/fields/{value}", "label": label, "active": value == entity}
        for value, label in Entity.choices
    ]
    return {"of": queries.fields_of(entity), "tabs": tabs, "kinds": FieldKind.choices}


def _posted(request: HttpRequest) -> dict[str, Any]:
    """The arguments of `create_field`; options stand one to a line."""
    post = request.POST
    return {
        "name": post.get("name", ""),
        "kind": post.get("kind", ""),
        "slug": post.get("slug", "").strip(),
        "hint": post.get("hint", ""),
        "options": _lines(post.get("options", "")) if post.get("kind") in {"choice", "choices"} else [],
        "is_required": "is_required" in post,
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _problems(refusal: Refusal | None) -> dict[str, Any]:
    if refusal is None:
        return {"errors": {}, "sentences": []}
    if isinstance(refusal, Forbidden | NotFound):
        raise refusal
    errors = {p.field: p.message for p in refusal.errors}
    return {"errors": errors, "sentences": [] if errors else [refusal.detail]}


def _home(row: FieldDefinition) -> str:
    """The page on which the field stands."""
    if row.only_record is not None:
        return f"/fields/{row.entity}/{row.only_record}"
    return f"/settings/fields/{row.entity}"


def _found(request: HttpRequest, pk: int) -> FieldDefinition:
    """A field that the person may change; any other is not there."""
    row = FieldDefinition.objects.filter(pk=pk).first() if pk < 2**63 else None
    if row is None or not (may(request.user, "edit_fields") or _may_edit(request, row)):
        raise NotFound
    return row


def _may_edit(request: HttpRequest, row: FieldDefinition) -> bool:
    return row.only_record is not None and _is_editable(request.user, row.entity, row.only_record)


def _is_editable(user: Any, entity: str, record: int) -> bool:
    rows: Any = apps.get_model(MODELS[Entity(entity)])._default_manager
    if record >= 2**63:
        return False
    if entity == Entity.PRODUCT:
        return may(user, "edit_catalog") and rows.filter(pk=record).exists()
    return bool(rows.visible_to(user, "edit").filter(pk=record).exists())


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a field, change its hint, its options and whether it is required."""
    row = _found(request, pk)
    if request.method != "POST":
        return _edit(request, row)
    try:
        commands.edit_field(pk, _changes(request, row), version=version_in(request), **acting(request))
    except Refusal as refusal:
        return _edit(request, row, refusal)
    flash(request, _("Saved."))
    return _to(
        request, _home(row) if row.only_record is None else RECORDS[row.entity].format(row.only_record)
    )


def _edit(request: HttpRequest, row: FieldDefinition, refusal: Refusal | None = None) -> HttpResponse:
    typed = request.POST if refusal else {"name": row.name, "hint": row.hint, "is_required": row.is_required}
    options = [
        {
            "key": o["key"],
            "label": request.POST.get(f"label_{o['key']}", o["label"]),
            "is_active": f"offered_{o['key']}" in request.POST if refusal else o["is_active"],
        }
        for o in row.options
    ]
    is_dialog = bool(request.headers.get("HX-Request"))
    context = {
        "row": row,
        "typed": typed,
        "options": options,
        "version": request.POST.get("version") or row.version,
        "back": _home(row),
        "is_dialog": is_dialog,
    }
    page = "fields/_edit.html" if is_dialog else "fields/edit.html"
    return render(request, page, context | _problems(refusal), status=refusal.status if refusal else 200)


def _changes(request: HttpRequest, row: FieldDefinition) -> dict[str, Any]:
    post = request.POST
    found: dict[str, Any] = {"name": post.get("name", ""), "hint": post.get("hint", "")}
    if row.only_record is None:
        found["is_required"] = "is_required" in post
    if row.is_choice:
        kept = [
            {
                "key": o["key"],
                "label": post.get(f"label_{o['key']}", o["label"]),
                "is_active": f"offered_{o['key']}" in post,
            }
            for o in row.options
        ]
        found["options"] = [*kept, *_lines(post.get("options", ""))]
    return found


def _to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url, status=303)


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    row = _found(request, pk)
    place = request.POST.get("place", "")
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else row.position
    row = commands.move_field(pk, number, **acting(request))
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(_home(row), status=303)
    response = render(request, "fields/_active.html", _listed(row.entity))
    return toast(
        response, _("%(name)s is number %(place)d now.") % {"name": row.name, "place": row.position + 1}
    )


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    _found(request, pk)
    row = commands.retire_field(pk, **acting(request))
    token = offer(inverse="fields.restore_field", arguments={"field": pk}, **acting(request))
    flash(request, _("%(name)s is retired; its values are kept.") % {"name": row.name}, f"/undo/{token}")
    return _to(
        request, _home(row) if row.only_record is None else RECORDS[row.entity].format(row.only_record)
    )


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    _found(request, pk)
    row = commands.restore_field(pk, **acting(request))
    flash(request, _("%(name)s is back with its values.") % {"name": row.name})
    return _to(
        request, _home(row) if row.only_record is None else RECORDS[row.entity].format(row.only_record)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def of_record(request: HttpRequest, entity: str, record: int) -> HttpResponse:
    """The fields that one record alone has; a POST adds one and leads to the record's form."""
    if entity not in Entity.values or not _is_editable(request.user, entity, record):
        raise NotFound
    refusal = None
    if request.method == "POST":
        try:
            new = _posted(request) | {"is_required": False, "only_record": record}
            row = commands.create_field(entity=entity, **new, **acting(request))
        except Refusal as problem:
            refusal = problem
        else:
            flash(request, _("%(name)s was added. Fill it in here.") % {"name": row.name})
            return _to(request, RECORDS[entity].format(record))
    is_dialog = bool(request.headers.get("HX-Request"))
    context = {
        "entity": entity,
        "record": record,
        "fields": FieldDefinition.objects.filter(entity=entity, only_record=record).order_by(
            "position", "id"
        ),
        "kinds": FieldKind.choices,
        "typed": request.POST if refusal else {},
        "back": RECORDS[entity].format(record),
        "is_dialog": is_dialog,
    }
    page = "fields/_record.html" if is_dialog else "fields/record.html"
    return render(request, page, context | _problems(refusal), status=refusal.status if refusal else 200)
