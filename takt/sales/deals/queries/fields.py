"""The fields of a deal as they are edited in place."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.fields.showing import Line as OwnLine
from takt.kernel.lib.refusals import Text
from takt.kernel.ui import formats
from takt.sales.deals.models import Competitor, Deal

_ATTRIBUTES = {"expected_close_date": "expected_close_on"}
_REFERENCES = {"type", "source", "company", "owner"}


def stored(deal: Deal, names: Iterable[str]) -> dict[str, str]:
    """What stands in fields by their public names, as plain text to compare with."""
    return {name: _text(deal, name) for name in names}


def _text(deal: Deal, name: str) -> str:
    if name.startswith("custom."):
        value = deal.custom.get(name.removeprefix("custom."))
        return "" if value is None else json.dumps(value, sort_keys=True)
    if name == "competitors":
        rows = Competitor.objects.filter(deals__deal=deal).order_by("pk")
        return ",".join(str(pk) for pk in rows.values_list("pk", flat=True))
    if name in _REFERENCES:
        name = f"{name}_id"
    value: Any = getattr(deal, _ATTRIBUTES.get(name, name))
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as it is read: `note` says where its value comes from; an empty `text` means that there is none."""

    key: str
    label: Text
    text: str
    note: Text = ""
    tone: str = ""
    url: str = ""
    chips: tuple[str, ...] = ()
    is_fixed: bool = False  # not to be changed here, or not by this reader
    is_long: bool = False
    is_abroad: bool = False  # leads out of Takt


# What each field in place changes, by the names of `edit_deal`.
PARTS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "owner": ("owner",),
    "amount": ("amount", "currency"),
    "expected_close_date": ("expected_close_date",),
    "probability": ("probability",),
    "type": ("type",),
    "source": ("source",),
    "company": ("company",),
    "tags": ("tags",),
    "about": ("about",),
    "need": ("need",),
    "budget": ("budget_from", "budget_to"),
    "timeframe": ("timeframe",),
    "criteria": ("criteria",),
    "competitors": ("competitors", "has_no_competitors"),
}


def labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "owner": _("Responsible"),
        "amount": _("Amount"),
        "expected_close_date": _("Expected close"),
        "probability": _("Probability"),
        "type": _("Type"),
        "source": _("Source"),
        "company": _("Company"),
        "tags": _("Tags"),
        "about": _("About"),
        "need": _("Need"),
        "budget": _("Budget"),
        "timeframe": _("Decision by"),
        "criteria": _("Criteria"),
        "competitors": _("Competitors"),
    }


def of_sale(deal: Deal, at: dt.datetime, *, has_lines: bool, owner: str) -> list[Shown]:
    """The fields of the sale itself, in their order."""
    told = labels()
    is_open = deal.is_open
    amount = "" if deal.amount is None else formats.money(deal.amount, deal.currency, precise=True)
    origin = ""
    if deal.amount_follows_lines:
        origin = _("from the products")
    elif has_lines:
        origin = _("typed by hand")
    elif deal.amount_is_estimated:
        origin = _("estimated")
    found = [Shown("amount", told["amount"], amount, origin, is_fixed=not is_open)]
    if is_open:
        closes = deal.expected_close_on
        late = "late" if closes and closes < timezone.localdate(at) else ""
        chance = deal.probability if deal.probability is not None else deal.stage.probability
        whence = _("from the stage") if deal.probability is None else _("set by hand")
        found += [
            Shown(
                "expected_close_date",
                told["expected_close_date"],
                formats.date(closes) if closes else "",
                "",
                late,
            ),
            Shown("probability", told["probability"], f"{chance} %", whence),
        ]
    else:
        closed = formats.date(deal.closed_at) if deal.closed_at else ""
        found.append(Shown("closed_at", _("Closed"), closed, is_fixed=True))
    if deal.loss_reason is not None:
        found.append(
            Shown("loss_reason", _("Loss reason"), deal.loss_reason.name, deal.loss_comment, is_fixed=True)
        )
    if deal.competitor:
        found.append(Shown("competitor", _("Lost to"), deal.competitor, is_fixed=True))
    return [
        *found,
        Shown("owner", told["owner"], owner),
        Shown("type", told["type"], deal.type.name if deal.type else ""),
        Shown("source", told["source"], deal.source.name if deal.source else ""),
        Shown("tags", told["tags"], "", chips=tuple(deal.tags)),
        Shown("about", told["about"], deal.about, is_long=True),
        Shown("created_at", _("Created"), formats.date(deal.created_at), is_fixed=True),
    ]


def of_need(deal: Deal, rivals: Sequence[str]) -> list[Shown]:
    """What the customer needs and how he decides (feature DL40)."""
    told = labels()
    none = _("said to be none") if deal.has_no_competitors else ""
    return [
        Shown("need", told["need"], deal.need, is_long=True),
        Shown("budget", told["budget"], _budget(deal)),
        Shown("timeframe", told["timeframe"], deal.timeframe),
        Shown("criteria", told["criteria"], deal.criteria, is_long=True),
        Shown("competitors", told["competitors"], none, chips=tuple(rivals)),
    ]


def _budget(deal: Deal) -> str:
    low, high = deal.budget_from, deal.budget_to

    def money(amount: Decimal) -> str:
        return formats.money(amount, deal.currency)

    if low is not None and high is not None:
        return money(low) if low == high else f"{money(low)}–{money(high)}"
    if low is not None:
        return _("from %(amount)s") % {"amount": money(low)}
    return "" if high is None else _("up to %(amount)s") % {"amount": money(high)}


def of_own(line: OwnLine) -> Shown:
    """A field of one's own; what names a hidden record can't be changed by whoever doesn't see it."""
    kind, value = line.definition.kind, line.shown
    return Shown(
        f"custom.{line.definition.slug}",
        line.definition.name,
        value.text,
        tone="muted" if value.is_hidden else "",
        url=value.url,
        is_fixed=value.is_hidden or kind == "file",
        is_long=kind == "long_text",
        is_abroad=kind == "url",
    )
