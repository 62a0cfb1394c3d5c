"""The inputs that a gate's dialog shows for what is missing, and what comes back from them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from takt.kernel.accounts.models import User
from takt.kernel.fields.forms import Input, inputs, posted
from takt.kernel.fields.queries import fields_in_use
from takt.sales.deals import forms
from takt.sales.deals.commands import Filled
from takt.sales.deals.models import Deal
from takt.sales.deals.rules_gates import Missing

OF_DEAL = ("amount", "expected_close_date", "company", "type", "source", "about")
OF_COMPANY = ("company.industry", "company.region", "company.tax_id")


def filled(post: QueryDict) -> Filled:
    """What was filled in; an input left empty changes nothing."""
    changes: dict[str, Any] = {f: post[f].strip() for f in OF_DEAL if post.get(f, "").strip()}
    if "amount" in changes:
        changes["amount"] = forms.typed_number(changes["amount"])
        if post.get("currency", "").strip():
            changes["currency"] = post["currency"].strip()
    if own := {slug: value for slug, value in posted(post).items() if value not in ("", None, [])}:
        changes["custom"] = own
    company = {f.removeprefix("company."): post[f].strip() for f in OF_COMPANY if post.get(f, "").strip()}
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
        made = inputs(mine, deal.custom, user, given, errors)
    return {
        "wanted": names,
        "own": made,
        "types": forms.types() if "type" in names else [],
        "sources": forms.sources() if "source" in names else [],
        "currencies": forms.currencies(deal.currency) if "amount" in names else [],
    }
