"""What this room answers to the rooms below: its first rules, and to `doctor` that histories end where things stand."""

import datetime as dt

from takt.kernel.accounts.hooks import on_first_setup
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import declare_sql
from takt.sales.customers.commands import install_judging_rules


def install_on_first_setup(template: str, language: str, *, by: Actor, at: dt.datetime) -> None:
    """A new organisation begins with the usual rules, whatever its pipeline."""
    install_judging_rules(by=by, at=at)


on_first_setup.append(install_on_first_setup)

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
