"""What this room answers to the rooms below: its first rules, and to `doctor` that histories end where things stand."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from takt.kernel.accounts.hooks import on_first_setup
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import declare_sql
from takt.sales.customers.commands import install_judging_rules
from takt.sales.customers.parameters import held
from takt.sales.deals.hooks import GateFacts, gate_facts
from takt.sales.deals.queries.in_line import contacts_in_line_of


def install_on_first_setup(template: str, language: str, *, by: Actor, at: dt.datetime) -> None:
    """A new organisation begins with the usual rules, whatever its pipeline."""
    install_judging_rules(by=by, at=at)


def people_in_line(deals: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """How many people the companies of these deals have in their lines, while that rule is enforced."""
    if held("contacts_per_line").mode_on(timezone.localdate()) != "enforce":
        return {}
    return {pk: {"contacts_in_line": people} for pk, people in contacts_in_line_of(deals).items()}


on_first_setup.append(install_on_first_setup)
gate_facts.append(GateFacts(frozenset({"contacts_in_line"}), people_in_line))

declare_sql(
    "customers.segment_history",
    "a company stands in the segment into which it last moved",
    """
    SELECT s.company_id, s.segment, m.new FROM customer_standing s
    LEFT JOIN LATERAL (
        SELECT new FROM segment_move m WHERE m.company_id = s.company_id ORDER BY "on" DESC, id DESC LIMIT 1
    ) m ON true WHERE s.segment <> coalesce(m.new, '')
    """,
)
declare_sql(
    "customers.ladder_history",
    "a company stands on the rung that its history ends with",
    """
    SELECT s.company_id, s.ladder, m.ladder AS told FROM customer_standing s
    LEFT JOIN LATERAL (
        SELECT ladder FROM ladder_move m WHERE m.company_id = s.company_id ORDER BY "on" DESC LIMIT 1
    ) m ON true WHERE s.ladder IS DISTINCT FROM m.ladder
    """,
)
