"""One field of a deal as it is edited on the page: its inputs, and what comes back from them."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs, posted
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.clean import typed_number
from takt.kernel.lib.refusals import NotFound
from takt.sales.deals import forms
from takt.sales.deals.models import Deal, Qualification
from takt.sales.deals.queries.fields import as_typed

PLAIN = (
    "name",
    "amount",
    "contractor_cost",
    "expected_close_date",
    "probability",
    "type",
    "source",
    "company",
    "tags",
    "about",
)
NEEDS = ("need_text", "budget", "timeframe", "criteria_text")
EDITORS = frozenset({*PLAIN, *NEEDS, "owner", "competitors"})
# What one editor writes, where that isn't the one field of its name.
PARTS = {"amount": ("amount", "currency"), "budget": ("budget_from", "budget_to")}
MOST_SEEN = 100_000


@dataclass
class Control:
    """An input: `kind` as the field atom knows it, or `many` for several picked or newly typed."""

    name: str
    label: Any
    value: Any = ""
    kind: str = "text"
    options: list[tuple[Any, Any]] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    pick: str = ""


@dataclass
class Editor:
    """The form of one field: its inputs and what stood there when it was opened."""

    controls: list[Control]
    own: list[Input]
    seen: dict[str, str]


def definition_of(deal: Deal, name: str) -> FieldDefinition | None:
    """The field of one's own that this name means; NotFound where the deal has no such field."""
    if not name.startswith("custom."):
        if name not in EDITORS:
            raise NotFound
        return None
    slug = name.removeprefix("custom.")
    found = next((d for d in fields_in_use("deal", deal.pk) if d.slug == slug), None)
    if found is None:
        raise NotFound
    return found


def parts_of(name: str) -> tuple[str, ...]:
    return PARTS.get(name, (name,))


def editor(deal: Deal, name: str, user: User, post: QueryDict | None = None, errors: Any = None) -> Editor:
    """The inputs of a field with what stands in it, or with what was typed and refused."""
    definition = definition_of(deal, name)
    controls = [] if definition is not None else _controls(deal, name, user)
    seen = {part: as_typed(deal, part) for part in parts_of(name)}
    if definition is not None:
        return Editor(
            [],
            inputs(
                [definition], deal.custom, user, posted(post) if post else None, errors, ("deal", deal.pk)
            ),
            seen,
        )
    if post is not None:
        for one in controls:
            if one.kind == "many":
                one.options = [(v, v) for v in post.getlist(one.name)]
            else:
                one.value = post.get(one.name, "")
    return Editor(controls, [], seen)


def _controls(deal: Deal, name: str, user: User) -> list[Control]:
    match name:
        case "name":
            return [Control("name", _("Name"), deal.name, attrs={"maxlength": 200})]
        case "amount":
            codes = forms.currencies(deal.currency)
            return [
                Control("amount", _("Amount"), deal.amount, "money"),
                Control("currency", _("Currency"), deal.currency, "select", codes),
            ]
        case "contractor_cost":
            return [Control(name, _("Contractor cost"), deal.contractor_cost, "money")]
        case "expected_close_date":
            day = deal.expected_close_on.isoformat() if deal.expected_close_on else ""
            return [Control(name, _("Expected close"), day, "date")]
        case "probability":
            empty = {"min": 0, "max": 100, "placeholder": deal.stage.probability}
            return [Control(name, _("Probability, %"), deal.probability, "number", attrs=empty)]
        case "type":
            options = forms.types()
            if deal.type is not None and deal.type_id not in dict(options):
                options.append((deal.type_id, deal.type.name))
            return [Control(name, _("Type"), deal.type_id or "", "select", options)]
        case "source":
            options = forms.sources()
            if deal.source is not None and deal.source_id not in dict(options):
                options.append((deal.source_id, deal.source.name))
            return [Control(name, _("Source"), deal.source_id or "", "select", options)]
        case "owner":
            people = forms.owners(user)
            if deal.owner_id not in dict(people):
                people.append((deal.owner_id, deal.owner.name))
            return [Control(name, _("Responsible"), deal.owner_id, "select", people)]
        case "company":
            options = [("", "–"), *([(deal.company_id, deal.company.name)] if deal.company else [])]
            pick = {"data-pick": "/companies/pick"}
            return [Control(name, _("Company"), deal.company_id or "", "select", options, pick)]
        case "tags":
            return [Control(name, _("Tags, separated by commas"), ", ".join(deal.tags))]
        case "about":
            return [Control(name, _("About"), deal.about, "textarea")]
    return _needs(deal, name)


def _needs(deal: Deal, name: str) -> list[Control]:
    row = Qualification.objects.filter(deal=deal).first() or Qualification(deal=deal)
    match name:
        case "need_text":
            return [Control(name, _("The need"), row.need_text, "textarea")]
        case "budget":
            return [
                Control("budget_from", _("Budget from"), row.budget_from, "money"),
                Control("budget_to", _("Budget to"), row.budget_to, "money"),
            ]
        case "timeframe":
            return [Control(name, _("When they decide"), row.timeframe, attrs={"maxlength": 120})]
        case "criteria_text":
            return [Control(name, _("By what they decide"), row.criteria_text, "textarea")]
        case "competitors":
            names = [r.competitor.name for r in deal.rivals.select_related("competitor")]  # type: ignore[attr-defined]
            return [
                Control(
                    name, _("Competitors"), kind="many", options=[(n, n) for n in sorted(names)],
                    pick="/deals/competitors/pick",
                ),
                Control("none", _("Nobody competes"), row.has_no_competitors, "checkbox"),
            ]  # fmt: skip
    raise NotFound


def given(name: str, post: QueryDict) -> dict[str, Any]:
    """The changes that the form of a field asks for."""
    if name.startswith("custom."):
        return {"custom": posted(post)}
    changes: dict[str, Any] = {part: post.get(part, "") for part in parts_of(name)}
    if name == "tags":
        changes["tags"] = [t for t in (x.strip() for x in post.get("tags", "").split(",")) if t]
    for money in ("amount", "contractor_cost", "budget_from", "budget_to"):
        if money in changes:
            changes[money] = typed_number(changes[money])
    return changes


def seen_in(post: QueryDict, name: str) -> dict[str, str]:
    """What stood in the field when it was opened; nothing is compared where the form doesn't tell."""
    text = post.get("seen", "")
    try:
        told = json.loads(text) if 0 < len(text) < MOST_SEEN else {}
    except ValueError:
        told = {}
    known = parts_of(name)
    return (
        {k: v for k, v in told.items() if k in known and isinstance(v, str)} if isinstance(told, dict) else {}
    )
