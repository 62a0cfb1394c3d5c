"""The month from an audit to its approval: what it costs, objecting, freezing, and who may."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from takt.insight.audits.models import AuditVerdict
from takt.insight.bonus import commands
from takt.insight.bonus.models import BonusSheet
from takt.insight.bonus.participants import broken_sheets
from takt.insight.bonus.queries import Ledger, ledgers, people_of, people_seen
from takt.insight.bonus.tests.conftest import DAY, MARCH
from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.office.notifications.models import Notification
from takt.sales.deals.queries.gates import today_of

pytestmark = pytest.mark.django_db
TIMER = Actor(via="timer")


def ledger(person: Any, at: dt.datetime) -> Ledger:
    return ledgers([person], MARCH, today_of(at))[0]


def told(person: Any) -> list[str]:
    return list(Notification.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def test_single_and_repeated(
    rule: Any, audited: Any, anna: Any, deal: Any, at: dt.datetime, april: dt.datetime
) -> None:
    """One violation 95 %, the same one again 90 %, each line with its evidence."""
    assert ledger(anna, april).percent == 100
    walk = audited(at)
    assert ledger(anna, at).percent == 100  # there is time to put it right
    found = ledger(anna, april)
    assert found.percent == 95
    line = found.lines[0]
    proof = line.finding.failed[0]
    assert (line.finding.audit, line.check, proof.deal, proof.found_on) == (walk.pk, "A4", deal.pk, at.date())
    assert (proof.comment, proof.is_computed, proof.days(today_of(april))) == (
        "No minutes of the visit",
        False,
        40,
    )
    audited(at + 7 * DAY)
    assert ledger(anna, april).percent == 90


def test_amount(rule: Any, audited: Any, anna: Any, dora: Any, at: dt.datetime, april: dt.datetime) -> None:
    commands.set_base(anna.pk, month=MARCH, amount="80 000,00", currency="RUB", by=Actor(dora), at=at)
    audited(at)
    assert ledger(anna, april).amount == Decimal(76_000)
    for wrong, currency in (("-1", "RUB"), ("x", "RUB"), ("NaN", "RUB"), ("1", "QQQ")):
        with pytest.raises(Invalid):
            commands.set_base(anna.pk, month=MARCH, amount=wrong, currency=currency, by=Actor(dora), at=at)


def test_note_violations(rule: Any, audited: Any, anna: Any, at: dt.datetime) -> None:
    """Told once, when it is certain."""
    audited(at)
    assert commands.note_violations(by=TIMER, at=at + 2 * DAY) == 0
    assert commands.note_violations(by=TIMER, at=at + 3 * DAY) == 1
    assert commands.note_violations(by=TIMER, at=at + 4 * DAY) == 0
    assert told(anna).count("bonus.violation") == 1


def test_appeal(rule: Any, audited: Any, anna: Any, dora: Any, at: dt.datetime, april: dt.datetime) -> None:
    """Within three working days, once; accepted, the violation costs nothing; both hear of it."""
    walk = audited(at)
    with pytest.raises(NotFound):
        commands.appeal(walk.pk, "A4", comment="I did write it down", by=Actor(anna), at=at)
    soon = at + 4 * DAY
    with pytest.raises(Invalid):
        commands.appeal(walk.pk, "A4", comment=" ", by=Actor(anna), at=soon)
    with pytest.raises(NotFound):
        commands.appeal(walk.pk, "A4", comment="It isn't mine", by=Actor(dora), at=soon)
    row = commands.appeal(walk.pk, "A4", comment="I did write it down", by=Actor(anna), at=soon)
    assert told(dora) == ["bonus.appealed"]
    with pytest.raises(Refused):
        commands.appeal(walk.pk, "A4", comment="Again", by=Actor(anna), at=soon)
    with pytest.raises(Refused):
        commands.approve_month(MARCH, people=[anna.pk], by=Actor(dora), at=april)
    with pytest.raises(Forbidden):
        commands.decide_appeal(row.pk, accept=True, answer="Me", by=Actor(anna), at=soon)
    with pytest.raises(Invalid):
        commands.decide_appeal(row.pk, accept=True, answer="", by=Actor(dora), at=soon)
    commands.decide_appeal(row.pk, accept=True, answer="It was in the mail", by=Actor(dora), at=soon)
    assert "bonus.appeal_accepted" in told(anna)
    assert ledger(anna, april).percent == 100
    with pytest.raises(Refused):
        commands.decide_appeal(row.pk, accept=False, answer="No", by=Actor(dora), at=soon)
    later = audited(at + 7 * DAY)
    with pytest.raises(Refused):
        commands.appeal(later.pk, "A4", comment="Too late", by=Actor(anna), at=april)


def test_approve_and_reopen(
    rule: Any, audited: Any, anna: Any, boris: Any, dora: Any, at: dt.datetime, april: dt.datetime
) -> None:
    """Frozen: later changes alter nothing until the month is reopened with a reason; the former sheet stays."""
    walk = audited(at)
    with pytest.raises(Refused):
        commands.approve_month(MARCH, by=Actor(dora), at=at + 20 * DAY)  # the month isn't over
    for nobody in (anna, boris):
        with pytest.raises(Forbidden):
            commands.approve_month(MARCH, people=[anna.pk], by=Actor(nobody), at=april)
    sheets = {s.person_id: s for s in commands.approve_month(MARCH, by=Actor(dora), at=april)}
    assert set(sheets) == {anna.pk, boris.pk}
    assert (sheets[anna.pk].percent, sheets[boris.pk].percent) == (95, 100)
    assert "bonus.approved" in told(anna)
    kept = ledger(anna, april).to_json()
    AuditVerdict.objects.filter(audited__session=walk, verdict="fail").update(fixed_at=at + DAY)
    assert ledger(anna, april).to_json() == kept
    assert (ledger(anna, april).percent, ledger(anna, april).sheet) == (95, sheets[anna.pk])
    for act in (
        lambda: commands.approve_month(MARCH, people=[anna.pk], by=Actor(dora), at=april),
        lambda: commands.set_base(anna.pk, month=MARCH, amount="5", currency="EUR", by=Actor(dora), at=april),
    ):
        with pytest.raises(Refused):
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        BonusSheet.objects.filter(pk=sheets[anna.pk].pk).update(percent=100)
    with pytest.raises(DatabaseError), transaction.atomic():
        BonusSheet.objects.filter(pk=sheets[anna.pk].pk).delete()
    with pytest.raises(Invalid):
        commands.reopen_sheet(sheets[anna.pk], reason=" ", by=Actor(dora), at=april)
    commands.reopen_sheet(sheets[anna.pk], reason="It was put right in time", by=Actor(dora), at=april)
    assert (ledger(anna, april).sheet, ledger(anna, april).percent) == (None, 100)
    again = commands.approve_month(MARCH, people=[anna.pk], by=Actor(dora), at=april)
    assert [s.percent for s in again] == [100]
    assert BonusSheet.objects.filter(person=anna, month=MARCH).count() == 2
    assert broken_sheets() == []
    assert Event.objects.filter(kind="bonus.sheet_reopened").count() == 1


def test_doctor_finds_a_forged_sheet(
    rule: Any, audited: Any, anna: Any, dora: Any, april: dt.datetime
) -> None:
    """Whoever gets past the database's refusal is found out."""
    found = ledger(anna, april).to_json()
    BonusSheet.objects.create(
        person=anna, month=MARCH, percent=100, ledger=found | {"percent": 90}, seal="0" * 64,
        approved_by=dora, approved_at=april,
    )  # fmt: skip
    assert len(broken_sheets()) == 1


def test_set_rule(dora: Any, boris: Any, at: dt.datetime) -> None:
    """Never for days past, never an absurd one; a lead has no say."""
    good: dict[str, Any] = {"from_on": at.date(), "single": 95, "repeated": 90, "modes": {"A1": "enforce"}}
    with pytest.raises(Forbidden):
        commands.set_rule(**good, by=Actor(boris), at=at)
    for wrong in (
        {"from_on": at.date() - DAY}, {"repeated": 96}, {"single": 101}, {"repeats": 1}, {"tolerance": 51},
        {"modes": {"A9": "warn"}}, {"modes": {"A1": "perhaps"}},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            commands.set_rule(**{**good, **wrong}, by=Actor(dora), at=at)
    assert commands.set_rule(**good, by=Actor(dora), at=at).modes == {"A1": "enforce"}


def test_warning_costs_nothing(audited: Any, anna: Any, at: dt.datetime, april: dt.datetime) -> None:
    """As long as nobody has set a rule, violations only warn."""
    audited(at)
    found = ledger(anna, april)
    assert ([line.state for line in found.lines], found.percent) == (["warns"], 100)


def test_whose_bonus_is_read(
    rule: Any, anna: Any, boris: Any, carla: Any, dora: Any, admin: Any, auditor: Any
) -> None:
    """Supervisors read that of people below them, everybody else only his own, an auditor nobody's."""

    def names(user: Any) -> set[str]:
        return set(people_of(user, MARCH).values_list("name", flat=True))

    assert names(anna) == {"Anna"}
    assert names(boris) == {"Anna", "Boris"}
    assert names(dora) == {"Anna", "Boris", "Carla"}
    assert names(auditor) == set()
    assert not people_seen(boris).filter(pk=dora.pk).exists()
    assert not people_seen(carla).filter(pk=anna.pk).exists()
    with pytest.raises(Forbidden):
        commands.set_base(dora.pk, month=MARCH, amount="1", currency="EUR", by=Actor(dora), at=rule.set_at)


def test_few_questions(
    rule: Any,
    audited: Any,
    anna: Any,
    boris: Any,
    carla: Any,
    at: dt.datetime,
    django_assert_max_num_queries: Any,
) -> None:
    audited(at)
    with django_assert_max_num_queries(5):
        assert len(ledgers([anna, boris, carla], MARCH, today_of(at))) == 3
