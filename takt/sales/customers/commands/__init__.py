"""All writes about how customers stand."""

from takt.sales.customers.commands.checking import check_key_customers
from takt.sales.customers.commands.planning import create_tasks_for, remove_tasks
from takt.sales.customers.commands.reckoning import reckon
from takt.sales.customers.commands.ruling import (
    add_judging_rule,
    change_rule,
    install_judging_rules,
    judge_by_deal,
    remove_judging_rule,
)

__all__ = [
    "add_judging_rule",
    "change_rule",
    "check_key_customers",
    "create_tasks_for",
    "install_judging_rules",
    "judge_by_deal",
    "reckon",
    "remove_judging_rule",
    "remove_tasks",
]
