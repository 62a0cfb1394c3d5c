"""Facts about how customers stand. Their names are for ever."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.kernel.events.facts import Fact, fact


@fact("customers.reckoned", _("reckoned segments and the ladder of all customers"))
class CustomersReckoned(Fact):
    day: str
    moved: int


@fact("company.segment_changed", _("The RFM segment changed: %(old)s → %(new)s"))
class SegmentChanged(Fact):
    """The purchases of a company put it into another segment; digits are recent, frequent, much."""

    old: str
    new: str


@fact("customer_rule.changed", _("changed a rule about customers"))
class CustomerRuleChanged(Fact):
    key: str
    old: dict[str, Any]
    new: dict[str, Any]


@fact("judging_rule.added", _("added a rule that judges companies"))
class JudgingRuleAdded(Fact):
    trigger: str
    reason: str
    classifier: str
    value: str


@fact("judging_rule.removed", _("removed a rule that judges companies"))
class JudgingRuleRemoved(Fact):
    trigger: str
    reason: str
    classifier: str
    value: str


@fact("company.tasks_planned_undone", _("took back the task planned for a group of companies"))
class TasksPlannedUndone(Fact):
    task: int
