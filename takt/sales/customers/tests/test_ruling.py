"""Rules about customers: judged when a deal ends, forgotten key customers, thin lines, tasks for a group."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Stale
from takt.kernel.undo.commands import offer, take_back
from takt.ops.doctor.dump import canonical_lines
from takt.sales.activities.models import Task
from takt.sales.contacts.commands import create_company, create_contact, move_contact, set_level
from takt.sales.customers import commands, jobs
from takt.sales.customers.models import JudgingRule
from takt.sales.customers.participants import people_in_line
from takt.sales.customers.queries import lists
from takt.sales.customers.queries.sales import left_behind, sales_of
from takt.sales.customers.subscribers import judge_company
from takt.sales.deals import commands as deals
from takt.sales.deals.commands import NewTask
from takt.sales.deals.models import DealContact
from takt.sales.deals.queries.in_line import contacts_in_line
from takt.sales.deals.rules_checks import CHECKS

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def acme(anna: Any, pipeline: Any, at: dt.datetime) -> Any:
    return create_company(name="Acme", by=Actor(anna), at=at)


def deal_of(company: Any, by: Actor, at: dt.datetime, **more: Any) -> Any:
    step = NewTask(type="call", title="Call", due_at=at + 3 * DAY)
    given = {"name": "Racks", "amount": 100, "currency": settings.TAKT_CURRENCY, "first_task": step} | more
    return deals.create_deal(company=company, by=by, at=at, **given)


def test_a_lost_deal_judges_its_company(acme: Any, anna: Any, at: dt.datetime) -> None:
    deal = deal_of(acme, Actor(anna), at)
    deals.lose_deal(deal, reason="price", by=Actor(anna), at=at)
    event = Event.objects.get(kind="deal.lost")
    judge_company(event)
    acme.refresh_from_db()
    assert (acme.last_result, acme.last_result_reason, acme.refusal_reason) == ("bad", "price", "price")
    judged = Event.objects.get(kind="company.classified")
    assert (judged.via, judged.cause) == ("rule:judging", event.pk)
    judge_company(event)
    assert Event.objects.filter(kind="company.classified").count() == 1


def test_rules_are_an_administrators(acme: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    by = Actor(admin)
    with pytest.raises(Forbidden):
        commands.add_judging_rule("won", "loyalty", "loyal", by=Actor(anna), at=at)
    rule = commands.add_judging_rule("won", "loyalty", "loyal", by=by, at=at)
    for wrong in (
        ("won", "loyalty", "loyal"),
        ("won", "x", ""),
        ("gone", "loyalty", ""),
        ("won", "loyalty", "x"),
    ):
        with pytest.raises(Invalid):
            commands.add_judging_rule(*wrong, by=by, at=at)
    with pytest.raises(Invalid):
        commands.add_judging_rule("won", "readiness", "hot", reason="price", by=by, at=at)
    deal = deal_of(acme, Actor(anna), at, new_person=deals.NewPerson("Ilse"))
    deals.win_deal(deal, by=Actor(anna), at=at)
    assert commands.judge_by_deal(deal.pk, "won", by=by, at=at) == 4
    acme.refresh_from_db()
    assert (acme.loyalty, acme.last_result) == ("loyal", "good")
    commands.remove_judging_rule(rule.pk, by=by, at=at)
    assert not JudgingRule.objects.filter(classifier="loyalty").exists()
    with pytest.raises(NotFound):
        commands.remove_judging_rule(rule.pk, by=by, at=at)


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "loud"}, {"from": "soon"}, {"days": "0"}, {"days": "x"}, {"strange": "1"}],
)
def test_what_no_rule_can_be(admin: Any, at: dt.datetime, wrong: Any) -> None:
    with pytest.raises(Invalid):
        commands.change_rule("regular_check", wrong, by=Actor(admin), at=at)
    with pytest.raises(Invalid):
        commands.change_rule("nonsense", {}, by=Actor(admin), at=at)
    with pytest.raises(Invalid):
        commands.change_rule("levels", {"a_from": 1, "b_from": 2}, by=Actor(admin), at=at)


def test_forgotten_key_customers_get_one_task(acme: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    set_level(acme, "A", reason="Strategic", by=Actor(anna), at=at)
    later = at + 31 * DAY
    jobs.run(later)
    assert not Task.objects.filter(company=acme).exists()  # the rule only warns
    assert [c.name for c in lists.unspoken(anna, later.date(), 30)] == ["Acme"]
    commands.change_rule("regular_check", {"mode": "enforce"}, by=Actor(admin), at=at)
    jobs.run(later)
    jobs.run(later + DAY)
    task = Task.objects.get(company=acme)
    assert (task.assignee, task.via) == (anna, "rule:regular_check")
    deals.cancel_task(task, reason="Not now", by=Actor(anna), at=later + 2 * DAY)
    jobs.run(later + 3 * DAY)
    assert Task.objects.filter(company=acme).count() == 1
    jobs.run(later + 40 * DAY)
    assert Task.objects.filter(company=acme).count() == 2


def test_an_enforced_rule_waits_for_its_day(acme: Any, anna: Any, admin: Any, at: dt.datetime) -> None:
    set_level(acme, "A", reason="Strategic", by=Actor(anna), at=at)
    begins = (at + 60 * DAY).date().isoformat()
    commands.change_rule("regular_check", {"mode": "enforce", "from": begins}, by=Actor(admin), at=at)
    jobs.run(at + 40 * DAY)
    assert not Task.objects.filter(company=acme).exists()
    jobs.run(at + 61 * DAY)
    assert Task.objects.filter(company=acme).count() == 1


def test_thin_lines(acme: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime) -> None:
    by = Actor(anna)
    ilse = create_contact(name="Ilse", company=acme, by=by, at=at)
    jan = create_contact(name="Jan", company=acme, by=by, at=at)
    deal = deal_of(acme, by, at, contacts=[ilse])
    found = lists.thin_lines(anna)
    assert [(t.name, t.people) for t in found] == [("Acme", 1)]
    assert contacts_in_line(acme.pk, deal.pipeline_id) == 1
    assert lists.thin_lines(carla) == []
    deals.attach_contact(deal, jan, by=by, at=at)
    assert lists.thin_lines(anna) == []
    assert len(lists.thin_lines(anna, 3)) == 1
    move_contact(jan, None, by=by, at=at)
    assert contacts_in_line(acme.pk, deal.pipeline_id) == 1


def test_open_deals_keep_who_left(acme: Any, anna: Any, at: dt.datetime) -> None:
    by = Actor(anna)
    ilse = create_contact(name="Ilse", company=acme, by=by, at=at)
    deal = deal_of(acme, by, at, contacts=[ilse])
    assert left_behind(anna, ilse) == []
    moved, _kept = move_contact(ilse, None, by=by, at=at)
    assert DealContact.objects.filter(deal=deal, contact=ilse).exists()
    assert left_behind(anna, moved) == [deal]


def test_one_task_for_a_group_and_back(acme: Any, anna: Any, boris: Any, carla: Any, at: dt.datetime) -> None:
    theirs = create_company(name="Theirs", owner=boris, by=Actor(boris), at=at)
    shared = create_company(name="Shared", owner=None, by=Actor(anna), at=at)
    before = list(canonical_lines())
    new = NewTask(type="call", title="Say sorry", due_at=at + DAY)
    made = commands.create_tasks_for([acme, theirs.pk, shared], new, by=Actor(boris), at=at)
    assert set(Task.objects.values_list("company__name", "assignee__name")) == {
        ("Acme", "Anna"), ("Theirs", "Boris"), ("Shared", "Boris"),
    }  # fmt: skip
    assert Event.objects.filter(kind="task.created").count() == 3
    token = offer(inverse="customers.remove_tasks", arguments={"tasks": made}, by=Actor(boris), at=at)
    assert token
    take_back(token, by=Actor(boris), at=at)
    assert list(canonical_lines()) == before
    with pytest.raises(NotFound):
        commands.create_tasks_for([acme, theirs], new, by=Actor(anna), at=at)
    with pytest.raises(Invalid):
        commands.create_tasks_for([], new, by=Actor(anna), at=at)
    made = commands.create_tasks_for([acme], new, by=Actor(anna), at=at)
    deals.complete_task(made[0]["task"], by=Actor(anna), at=at)
    with pytest.raises(Stale):
        commands.remove_tasks(made, by=Actor(anna), at=at)


def test_sales_are_of_deals_that_are_seen(
    acme: Any, anna: Any, carla: Any, dora: Any, at: dt.datetime
) -> None:
    by = Actor(anna)
    for amount in (100, 150):
        deal = deal_of(acme, by, at, amount=amount, new_person=deals.NewPerson("Ilse"))
        deals.win_deal(deal, by=by, at=at)
    deal_of(acme, Actor(dora), at, owner=carla, amount=1000)
    deal_of(acme, by, at, amount=7, currency="ISK")
    mine, all_of_it = sales_of(anna, at.date(), company=acme), sales_of(dora, at.date(), company=acme)
    assert (mine.open.count, mine.open.amount, mine.open.not_converted) == (1, 0, {"ISK": 7})
    assert (all_of_it.open.count, all_of_it.open.amount) == (2, 1000)
    assert (mine.won.count, mine.won.amount, mine.repeats, mine.average, mine.change) == (
        2, 250, 1, 125, Decimal("0.5"),
    )  # fmt: skip


def test_a_gate_counts_people_once_the_rule_is_enforced(
    acme: Any, anna: Any, admin: Any, at: dt.datetime
) -> None:
    ilse = create_contact(name="Ilse", company=acme, by=Actor(anna), at=at)
    deal = deal_of(acme, Actor(anna), at, contacts=[ilse])
    assert people_in_line([deal.pk]) == {}
    commands.change_rule("contacts_per_line", {"mode": "enforce"}, by=Actor(admin), at=at)
    assert people_in_line([deal.pk]) == {deal.pk: {"contacts_in_line": 1}}
    check = CHECKS["contacts_in_line"]
    assert not check.holds({"contacts_in_line": 1}, 2)
    assert check.holds({"contacts_in_line": 2}, 2)
    assert check.holds({"contacts_in_line": None}, 2)
