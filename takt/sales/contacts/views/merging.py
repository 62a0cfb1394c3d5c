"""Duplicates: the queue of pairs, two records made one with a look at every field before, and two again."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from takt.kernel.access.edge import acting
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.showing import shown
from takt.kernel.fields.values import names_of
from takt.kernel.lib.refusals import NotFound, Refusal, Text
from takt.kernel.ui import formats
from takt.kernel.ui.toasts import flash
from takt.kernel.undo.commands import offer
from takt.sales.contacts import commands
from takt.sales.contacts.classifiers import BY_NAME
from takt.sales.contacts.commands.lookups import number_of
from takt.sales.contacts.commands.merging import FIELDS
from takt.sales.contacts.jobs import look_now
from takt.sales.contacts.kinds import COMPANY, CONTACT, Kind
from takt.sales.contacts.queries import twins_for
from takt.sales.contacts.rules import LABELS, readable_phone

SHOWN = 50
KINDS = {"company": COMPANY, "contact": CONTACT}


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Pairs that may be one customer, among what the person may see."""
    user: Any = request.user
    of = KINDS.get(request.GET.get("kind", "company"))
    if of is None:
        raise NotFound
    pairs = twins_for(of.name, user, after=request.GET.get("after", ""), limit=SHOWN + 1)
    ids = {pk for pair in pairs for pk in (pair.one, pair.other)}
    rows = {row.pk: row for row in of.rows(user).select_related("owner").filter(pk__in=ids)}
    deletable = set(
        of.model.objects.visible_to(user, "delete").filter(pk__in=ids).values_list("pk", flat=True)
    )
    editable = set(of.model.objects.visible_to(user, "edit").filter(pk__in=ids).values_list("pk", flat=True))
    more = pairs[SHOWN - 1].cursor if len(pairs) > SHOWN else ""
    context = {
        "of": of,
        "pairs": [
            {
                "pair": p,
                "records": [rows[p.one], rows[p.other]],
                "may_merge": bool({p.one, p.other} & deletable) and {p.one, p.other} <= editable,
                "may_decide": {p.one, p.other} <= editable,
                # The one that stays must leave a loser that may be deleted.
                "survivor": p.one if p.other in deletable else p.other,
                "loser": p.other if p.other in deletable else p.one,
            }
            for p in pairs[:SHOWN]
        ],
        "more": f"/duplicates?kind={of.name}&after={more}" if more else "",
        "is_more": "after" in request.GET and bool(request.headers.get("HX-Request")),
        "kinds": [
            {"label": _("Companies"), "url": "/duplicates?kind=company", "active": of is COMPANY},
            {"label": _("Contacts"), "url": "/duplicates?kind=contact", "active": of is CONTACT},
        ],
        "readable_phone": readable_phone,
    }
    template = "contacts/_pairs.html" if context["is_more"] else "contacts/duplicates.html"
    return render(request, template, context)


@require_POST
def keep_apart(request: HttpRequest) -> HttpResponse:
    """Remember that two records are not the same customer."""
    kind, one, other = (request.POST.get(name, "") for name in ("kind", "one", "other"))
    commands.keep_apart(kind, one, other, **acting(request))
    if request.headers.get("HX-Request"):
        return HttpResponse("")
    flash(request, _("They are not shown as duplicates again."))
    return HttpResponseRedirect(f"/duplicates?kind={kind}", status=303)


@require_POST
def search_again(request: HttpRequest) -> HttpResponse:
    """Have the worker look for duplicates among what changed, at once."""
    of = KINDS.get(request.POST.get("kind", ""), COMPANY)
    look_now(acting(request)["at"])
    flash(request, _("Duplicates are being looked for. Load this page again in a moment."))
    return HttpResponseRedirect(f"/duplicates?kind={of.name}", status=303)


@dataclass(frozen=True)
class Choice:
    """One field of the preview: what stands on both sides, and which side is taken at first."""

    name: str
    label: Text
    mine: str
    its: str
    is_same: bool
    is_taken: bool


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int, of: Kind) -> HttpResponse:
    """Ask which record is the same, show what becomes of every field, then make them one."""
    user: Any = request.user
    record: Any = of.rows(user).select_related("owner", "source", of.link).found(pk, by=user)
    given = request.POST if request.method == "POST" else request.GET
    if not given.get("with"):
        return render(request, "contacts/merge_with.html", {"of": of, "record": record})
    other: Any = of.rows(user).select_related("owner", "source", of.link).found(given["with"], by=user)
    if request.method != "POST":
        return _preview(request, of, record, other)
    try:
        survivor, done = of.merge(
            pk,
            other.pk,
            take=[
                n
                for n in request.POST
                if request.POST[n] == "other" and (n in FIELDS[of.name] or n[:3] == "cf_")
            ],
            versions=(number_of(given.get("version")), number_of(given.get("other_version"))),
            **acting(request),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _preview(request, of, record, other, refusal)
    token = offer(
        inverse=f"contacts.unmerge_{of.path.strip('/')}", arguments={"merge": done.pk}, **acting(request)
    )
    said = _("%(other)s and %(name)s are one now.") % {"other": other.name, "name": survivor.name}
    flash(request, said, f"/undo/{token}")
    return HttpResponseRedirect(f"{of.path}/{pk}", status=303)


def _preview(
    request: HttpRequest, of: Kind, record: Any, other: Any, refusal: Refusal | None = None
) -> HttpResponse:
    context = {
        "of": of,
        "record": record,
        "other": other,
        "choices": [
            *(_choice(of, name, record, other) for name in FIELDS[of.name]),
            *_own_choices(of, record, other, request.user),
        ],
        "phones": _united(record.phone_list, other.phone_list),
        "emails": _united(record.email_list, other.email_list),
        "tags": _united(record.tags, other.tags),
        "readable_phone": readable_phone,
        "sentences": [refusal.detail] if refusal else [],
    }
    return render(request, "contacts/merge.html", context, status=refusal.status if refusal else 200)


def _own_choices(of: Kind, record: Any, other: Any, user: Any) -> list[Choice]:
    """One's own fields on both sides."""
    fields = fields_in_use(of.name)
    names = names_of(fields, [record.custom, other.custom], user)
    found = []
    for field in fields:
        mine, its = record.custom.get(field.slug), other.custom.get(field.slug)
        texts = (shown(field, mine, names).text, shown(field, its, names).text)
        found.append(Choice(field.column, field.name, *texts, mine == its, mine is None and its is not None))
    return found


def _united(mine: list[str], its: list[str]) -> list[str]:
    return list(dict.fromkeys([*mine, *its]))


def _choice(of: Kind, name: str, record: Any, other: Any) -> Choice:
    column = FIELDS[of.name][name]
    mine, its = getattr(record, column), getattr(other, column)
    is_empty = mine is None or mine == ""
    return Choice(
        name,
        BY_NAME[name].label if name in BY_NAME else LABELS[name],
        _shown(of, name, record),
        _shown(of, name, other),
        is_same=mine == its,
        is_taken=is_empty and name != "owner" and its not in {None, ""},
    )


def _shown(of: Kind, name: str, row: Any) -> str:
    """A field as people read it; a company that is hidden from the reader isn't named."""
    if name == of.link:
        linked = getattr(row, of.link)
        seen = row.seen_parent if name == "parent" else row.seen_company_id
        return "" if linked is None else linked.name if seen else _("Hidden from you")
    value = getattr(row, name)
    if name == "owner" and value is None:
        return _("Nobody, open to all")
    if name == "founded_year":
        return str(value or "")
    if name in BY_NAME:
        return str(BY_NAME[name].word(value)) if value else ""
    if isinstance(value, dt.date):
        return formats.date(value)
    return "" if value is None else formats.number(value) if isinstance(value, int) else str(value)


@require_POST
def unmerge(request: HttpRequest, merge: int, of: Kind) -> HttpResponse:
    """Make a merged record one of its own again, and say what stays where it is."""
    record, stayed = of.unmerge(merge, **acting(request))
    text = _("%(name)s is a record of its own again.") % {"name": record.name}
    if stayed:
        kept = ngettext(
            "%(count)d thing changed since and stays where it is.",
            "%(count)d things changed since and stay where they are.",
            stayed,
        )
        text = f"{text} {kept % {'count': stayed}}"
    flash(request, text)
    return HttpResponseRedirect(f"{of.path}/{record.pk}", status=303)
