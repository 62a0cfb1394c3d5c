"""The inputs that a gate's dialog shows for what is missing, and what comes back from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.sales.deals import forms
from takt.sales.deals.commands import Filled, NewCriterion, NewField
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.queries.gates import facts_given, read_asked
from takt.sales.deals.rules_checks import CHECKS, FIELDS
from takt.sales.deals.rules_gates import Missing

OF_DEAL = ("amount", "expected_close_date", "company", "type", "source", "about")
OF_COMPANY = ("company.industry", "company.region", "company.tax_id")


def filled(post: QueryDict) -> Filled:
    """What was filled in; an input left empty changes nothing."""
    typed = {f: str(post.get(f, "")).strip() for f in (*OF_DEAL, *OF_COMPANY, "currency")}
    changes: dict[str, Any] = {f: typed[f] for f in OF_DEAL if typed[f]}
    if "amount" in changes:
        changes["amount"] = forms.typed_number(changes["amount"])
        if typed["currency"]:
            changes["currency"] = typed["currency"]
    if own := {slug: value for slug, value in posted(post).items() if value not in ("", None, [])}:
        changes["custom"] = own
    company = {f.removeprefix("company."): typed[f] for f in OF_COMPANY if typed[f]}
    people = [c for c in (forms.whole_id(x) for x in post.getlist("contact")) if c]
    ticks = [t for t in (forms.whole_id(x) for x in post.getlist("tick")) if t]
    return Filled(changes, company, people, ticks)


def asked_inputs(
    deal: Deal,
    missing: Iterable[Missing],
    typed: Mapping[str, Any],
    user: User | None,
    errors: Mapping[str, Any],
) -> dict[str, Any]:
    """What the dialog draws: names of built-in inputs, choices where they are needed, and one's own fields."""
    names = {m.field for m in missing}
    own = {n.removeprefix("custom.") for n in names if n.startswith("custom.")}
    made: list[Input] = []
    if own:
        mine = [d for d in fields_in_use("deal", deal.pk) if d.slug in own]
        given = posted(typed) if isinstance(typed, QueryDict) else None
        made = inputs(mine, deal.custom, user, given, errors, ("deal", deal.pk))
    return {
        "wanted": names,
        "own": made,
        "types": forms.types() if "type" in names else [],
        "sources": forms.sources() if "source" in names else [],
        "currencies": forms.currencies(deal.currency) if "amount" in names else [],
    }


@dataclass(frozen=True)
class Choice:
    """A check or a field that a stage may ask for, as the form shows it."""

    name: str
    label: str
    is_chosen: bool
    number: int | None = None
    most: int = 0
    is_date: bool = False
    not_past: bool = False
    is_answered: bool = True


def gate_form(stage: Stage, typed: QueryDict | None) -> dict[str, Any]:
    """What the form of a stage's gate shows: what was typed, else what stands."""
    criteria, fields = read_asked(stage.pipeline_id).get(stage.pk, ((), ()))
    numbers = {c.check: c.number for c in criteria if c.check}
    chosen = {f.field: f.not_past for f in fields}
    sentences = "\n".join(c.text for c in criteria if c.is_manual)
    if typed is not None:
        sentences = typed.get("confirmed", "")
        numbers = {name: forms.whole_id(typed.get(f"number_{name}", "")) for name in typed.getlist("check")}
        chosen = {name: name in typed.getlist("not_past") for name in typed.getlist("field")}
    given = facts_given()
    return {
        "confirmed": sentences,
        "checks": [
            Choice(
                name,
                str(check.label),
                name in numbers,
                number=None if check.number is None else numbers.get(name) or check.number,
                most=check.most,
                is_answered=set(check.facts) - {"today"} <= given,
            )
            for name, check in CHECKS.items()
        ],
        "fields": [
            Choice(
                name,
                label,
                name in chosen,
                is_date=kind in {"date", "datetime"},
                not_past=chosen.get(name, False),
            )
            for name, label, kind in _fields_offered()
        ],
    }


def _fields_offered() -> list[tuple[str, str, str]]:
    own = [(f"custom.{d.slug}", d.name, str(d.kind)) for d in fields_in_use("deal")]
    return [*((name, str(f.label), f.kind) for name, f in FIELDS.items()), *own]


def gate_given(post: QueryDict) -> tuple[list[NewCriterion], list[NewField]]:
    """The form of a stage's gate: one sentence to a line, then the chosen checks and fields."""
    lines = [" ".join(line.split()) for line in post.get("confirmed", "").splitlines()]
    criteria = [NewCriterion(text=line) for line in lines if line]
    criteria += [NewCriterion(check=c, number=post.get(f"number_{c}", "")) for c in post.getlist("check")]
    past = set(post.getlist("not_past"))
    return criteria, [NewField(f, f in past) for f in post.getlist("field")]
