"""The automatic checks and the fields that a stage may ask for, by their permanent names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text

type Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """An automatic criterion. `number` is its usual threshold, None where it has none; `fix` says where to mend it."""

    label: Text
    missing: Text
    facts: tuple[str, ...]
    holds: Callable[[Facts, int], bool]
    number: int | None = None
    most: int = 0
    fix: str = ""


def _at_least(fact: str) -> Callable[[Facts, int], bool]:
    return lambda facts, number: (facts[fact] or 0) >= number


def _is_so(fact: str) -> Callable[[Facts, int], bool]:
    return lambda facts, _number: bool(facts[fact])


def _is_qualified(facts: Facts, number: int) -> bool:
    """Domain spec 6.1: the score alone isn't enough, the need has to be confirmed."""
    return (facts["bant"] or 0) >= number and facts["bant_need"] == 2


CHECKS: dict[str, Check] = {
    "reachable_contact": Check(
        _("A contact who can be reached"),
        _("Add a contact with a phone number or an e-mail address."),
        ("reachable_contacts",),
        _is_so("reachable_contacts"),
        fix="contacts",
    ),
    "contacts": Check(
        _("At least this many contacts"),
        _("Add contacts: at least %(number)d are asked for."),
        ("contacts",),
        _at_least("contacts"),
        number=2,
        most=50,
        fix="contacts",
    ),
    "contacts_in_line": Check(
        _("The company has at least this many people in this line of business"),
        _("Bring in more of the company's people: at least %(number)d in this line of business."),
        ("contacts_in_line",),
        # Nothing is known while the rule about contacts per line isn't enforced: then it holds nobody up.
        lambda facts, number: facts["contacts_in_line"] is None or facts["contacts_in_line"] >= number,
        number=2,
        most=20,
        fix="contacts",
    ),
    "contact_role": Check(
        _("A contact's role in the deal is known"),
        _("Say which role a contact has in the deal."),
        ("contact_roles",),
        _is_so("contact_roles"),
        fix="contacts",
    ),
    "decider": Check(
        _("A contact who decides or influences the decision"),
        _(
            "Add somebody who decides, or say which contact does: decision maker, economic buyer, champion or influencer."
        ),
        ("deciders",),
        _is_so("deciders"),
        fix="contacts",
    ),
    "economic_buyer": Check(
        _("The economic buyer is known"),
        _("Add the economic buyer to the contacts."),
        ("economic_buyer",),
        _is_so("economic_buyer"),
        fix="contacts",
    ),
    "company": Check(
        _("The company is known"), _("Choose the company."), ("company",), _is_so("company"), fix="field"
    ),
    "amount": Check(
        _("The amount is more than 0"),
        _("Enter the amount; it has to be more than 0."),
        ("amount",),
        _is_so("amount"),
        fix="field",
    ),
    "close_date": Check(
        _("Expected close is today or later"),
        _("Expected close is unknown or past: set today or a later day."),
        ("expected_close_date", "today"),
        lambda facts, _number: bool(
            facts["expected_close_date"] and facts["expected_close_date"] >= facts["today"]
        ),
        fix="field",
    ),
    "answered": Check(
        _("The customer answered: a contact was reached or a meeting held"),
        _("Nobody was reached yet: complete a task with the outcome “Reached”, or a meeting."),
        ("answered",),
        _is_so("answered"),
        fix="task",
    ),
    "meeting_held": Check(
        _("A meeting was held"),
        _("No meeting was held yet: complete one."),
        ("meetings",),
        _is_so("meetings"),
        fix="task",
    ),
    "next_task": Check(
        _("A next step is planned"),
        _("Plan the next step."),
        ("next_task",),
        _is_so("next_task"),
        fix="task",
    ),
    "lines": Check(
        _("Products are listed"), _("List what is sold."), ("lines",), _is_so("lines"), fix="lines"
    ),
    "bant": Check(
        _("BANT score of at least, with the need confirmed"),
        _("BANT has to reach %(number)d of 8, with the need confirmed."),
        ("bant", "bant_need"),
        _is_qualified,
        number=5,
        most=8,
        fix="page",
    ),
    "meddic": Check(
        _("MEDDIC score of at least"),
        _("MEDDIC has to reach %(number)d of 12."),
        ("meddic",),
        _at_least("meddic"),
        number=7,
        most=12,
        fix="page",
    ),
    "competitors": Check(
        _("The competitors are named, or that there are none"),
        _("Name the competitors, or say that there are none."),
        ("competitors",),
        _is_so("competitors"),
        fix="page",
    ),
}


@dataclass(frozen=True)
class Field:
    """A field that a stage may require; `kind` is number, date or anything else that is filled or not."""

    label: Text
    kind: str = "text"


FIELDS: dict[str, Field] = {
    "amount": Field(_("Amount"), "number"),
    "expected_close_date": Field(_("Expected close"), "date"),
    "company": Field(_("Company"), "company"),
    "contacts": Field(_("Contacts"), "contacts"),
    "type": Field(_("Type"), "type"),
    "source": Field(_("Source"), "source"),
    "about": Field(_("About"), "long_text"),
    "lines": Field(_("Products"), "lines"),
    "need_text": Field(_("The need"), "page"),
    "budget": Field(_("Budget"), "number"),
    "timeframe": Field(_("When they decide"), "page"),
    "criteria_text": Field(_("By what they decide"), "page"),
    "competitors": Field(_("Competitors"), "page"),
    "company.industry": Field(_("Industry of the company")),
    "company.region": Field(_("Region of the company")),
    "company.tax_id": Field(_("Tax number of the company")),
}

# The field that mends an automatic check.
OF_CHECK = {"company": "company", "amount": "amount", "close_date": "expected_close_date", "contacts": "contacts",
            "reachable_contact": "contacts", "lines": "lines", "next_task": "next_task"}  # fmt: skip

# Required fields that stand among what is known of need and decision, on the deal's page.
OF_PAGE = frozenset({"need_text", "budget", "timeframe", "criteria_text", "competitors"})
