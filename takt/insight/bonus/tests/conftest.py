"""March 2026: Anna's deals, the rule of the bonus in force, and audits of her."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from takt.insight.audits.commands import confirm_deal, finish_audit, start_audit
from takt.insight.audits.models import AuditSession
from takt.insight.bonus.commands import set_rule
from takt.kernel.lib.actor import Actor
from takt.sales.deals import commands
from takt.sales.deals.models import Deal

DAY = dt.timedelta(days=1)
MARCH = dt.date(2026, 3, 1)


@pytest.fixture
def april(at: dt.datetime) -> dt.datetime:
    """When everything of March is settled."""
    return at + 40 * DAY


@pytest.fixture
def rule(dora: Any, at: dt.datetime) -> Any:
    return set_rule(
        from_on=MARCH - 20 * DAY, single=95, repeated=90, modes={"A1": "enforce", "A4": "enforce"},
        by=Actor(dora), at=at - 30 * DAY,
    )  # fmt: skip


@pytest.fixture
def deal(anna: Any, pipeline: Any, at: dt.datetime) -> Deal:
    return commands.create_deal(name="Racks for Vermeer", is_quick=True, by=Actor(anna), at=at)


@pytest.fixture
def auditor(person: Any) -> Any:
    return person("olga", role="auditor", team=None)


@pytest.fixture
def audited(auditor: Any, anna: Any, deal: Deal) -> Callable[..., AuditSession]:
    """`audited(at)` is a walk through Anna's deal that finds what is named."""

    def walk(at: dt.datetime, check: str = "A4", comment: str = "No minutes of the visit") -> AuditSession:
        by = Actor(auditor)
        session = start_audit(person=anna, by=by, at=at)
        verdicts = dict.fromkeys(("A1", "A2", "A3", "A4", "A5", "A6", "A7"), "pass")
        confirm_deal(
            session, deal.pk, verdicts=verdicts | {check: "fail"}, comments={check: comment}, by=by, at=at
        )
        return finish_audit(session, by=by, at=at)

    return walk
