"""What was done, as a sentence in the reader's language: an event's own words with its values."""

import re
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import registered
from takt.kernel.ui import formats

EMPTY = "–"
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,10})?", re.ASCII)
_AMOUNTS = frozenset({"amount", "price", "old_amount", "new_amount", "total"})

# What the changes in an event are about, in words.
FIELDS = {
    "about": _("About"),
    "address": _("Address"),
    "amount": _("Amount"),
    "annual_revenue": _("Annual revenue"),
    "assignee": _("Assignee"),
    "body": _("Details"),
    "company": _("Company"),
    "competitor": _("Competitor"),
    "contact": _("Contact"),
    "contacts": _("Contacts"),
    "contractor_cost": _("Contractor cost"),
    "currency": _("Currency"),
    "custom": _("Fields"),
    "cycle_start": _("The cycle of a deal starts when"),
    "default_owner": _("Responsible for deals that come by themselves"),
    "due_at": _("Due"),
    "emails": _("E-mails"),
    "employees": _("Employees"),
    "expected_close_on": _("Expected close date"),
    "founded_year": _("Founded"),
    "hint": _("Hint"),
    "is_active": _("In use"),
    "is_all_day": _("All day"),
    "loss_comment": _("Comment on the loss"),
    "max_gap_days": _("Contact at least every, days"),
    "minutes": _("Minutes"),
    "name": _("Name"),
    "norm_days": _("Norm, days"),
    "owner": _("Owner"),
    "parent": _("Parent company"),
    "phones": _("Phones"),
    "place": _("Place"),
    "position": _("Job title"),
    "probability": _("Probability, %"),
    "source": _("Source"),
    "stage": _("Stage"),
    "tags": _("Tags"),
    "tax_id": _("Tax number"),
    "title": _("Title"),
    "type": _("Type"),
    "website": _("Website"),
}


def field_label(name: str) -> str:
    """A changed field in the reader's words."""
    return str(FIELDS.get(name) or capfirst(name.replace("_", " ")))


def sentence_of(kind: str, payload: dict[str, Any]) -> str:
    """What was done, in the reader's language; a value that is no longer there is a dash."""
    fact = registered.get(kind)
    if fact is None:
        return kind
    sentence = str(fact.sentence)
    currency = "" if "%(currency)s" in sentence else str(payload.get("currency") or "")
    try:
        return sentence % _Shown(payload, currency)
    except (TypeError, ValueError):
        return sentence


class _Shown(dict[str, Any]):
    """The payload as people read it; an amount has its currency with it."""

    def __init__(self, payload: dict[str, Any], currency: str) -> None:
        super().__init__(payload)
        self.currency = currency

    def __getitem__(self, key: str) -> Any:
        value = super().get(key)
        if isinstance(value, str) and key in _AMOUNTS and _DECIMAL.fullmatch(value):
            return formats.money(value, self.currency) if self.currency else formats.number(Decimal(value))
        return value if isinstance(value, int | float) and not isinstance(value, bool) else shown(value)

    def __contains__(self, key: object) -> bool:
        return True


def shown(value: Any) -> str:
    """A value of an event in the reader's form."""
    match value:
        case None | "" | []:
            return EMPTY
        case bool():
            return str(_("yes") if value else _("no"))
        case list():
            return ", ".join(shown(v) for v in value)
        case dict():
            return str(value.get("name") or value.get("label") or ", ".join(shown(v) for v in value.values()))
        case str():
            return _moment(value) or value
    return str(value)


def _moment(text: str) -> str:
    if len(text) < 10 or not text[:4].isdigit():
        return ""
    try:
        if day := parse_date(text):
            return formats.date(day)
        moment = parse_datetime(text)
    except ValueError:
        return ""
    if moment is None:
        return ""
    return formats.datetime_(moment)
