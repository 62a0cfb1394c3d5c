"""Two people, one record, the same moment: exactly one wins, the other is told, and nothing is lost."""

import datetime as dt
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from takt.kernel.events.models import Event
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.checks import checks
from takt.kernel.lib.refusals import Refusal
from takt.kernel.undo.commands import offer, take_back
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company
from takt.sales.deals import commands
from takt.sales.deals.commands import Closing, NewTask, undoing
from takt.sales.deals.models import Deal, Stage, StagePassage

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each answered, or the code of its refusal; anything else that was raised fails the test."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)
    errors: list[BaseException] = []

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(30)
            answers[place] = act()
        except Refusal as refusal:
            answers[place] = refusal.code
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors
    return answers


def sound() -> dict[str, list[str]]:
    return {c.name: found for c in checks if (found := c.find())}


@pytest.fixture
def by(dora: Any) -> Actor:
    return Actor(dora)


@pytest.fixture
def stages(pipeline: Any) -> list[Stage]:
    return list(Stage.objects.filter(pipeline=pipeline).order_by("position"))


@pytest.fixture
def deal(stages: list[Stage], anna: Any, by: Actor, at: dt.datetime) -> Deal:
    return commands.create_deal(
        name="Racking", owner=anna, amount="10", currency="EUR", is_quick=True, by=by, at=at
    )


def test_two_move_the_same_card(deal: Deal, stages: list[Stage], by: Actor, at: dt.datetime) -> None:
    for turn in range(1, ROUNDS + 1):
        version = Deal.objects.get(pk=deal.pk).version
        later = at + dt.timedelta(minutes=turn)
        places = [s for s in stages if s.pk != Deal.objects.get(pk=deal.pk).stage_id][:2]
        answers = at_once(
            *(partial(commands.move_deal, deal.pk, s.pk, version=version, by=by, at=later) for s in places)
        )
        assert answers.count("stale") == 1
        winner = next(a.stage_id for a in answers if a != "stale")
        moved = Deal.objects.get(pk=deal.pk)
        assert (moved.stage_id, moved.version) == (winner, version + 1)
    assert Event.objects.filter(kind="deal.moved").count() == ROUNDS
    assert sound() == {}


def test_moves_without_a_version_follow_each_other(
    deal: Deal, stages: list[Stage], by: Actor, at: dt.datetime
) -> None:
    acts = [
        partial(commands.move_deal, deal.pk, s.pk, by=by, at=at + dt.timedelta(seconds=n))
        for n, s in enumerate(stages[1:5], 1)
    ]
    assert sorted(moved.version for moved in at_once(*acts)) == [2, 3, 4, 5]
    chain = list(Event.objects.filter(kind="deal.moved").order_by("id").values_list("payload", flat=True))
    assert [m["old"] for m in chain] == [stages[0].pk, *(m["new"] for m in chain[:-1])]
    assert StagePassage.objects.filter(deal=deal, left_at=None).get().stage_id == chain[-1]["new"]
    assert sound() == {}


def test_two_complete_the_same_task(deal: Deal, by: Actor, at: dt.datetime) -> None:
    task = deal.next_task_id
    for turn in range(ROUNDS):
        again = NewTask(type="call", title="Call again", due_at=at + dt.timedelta(days=turn + 1))
        answers = at_once(*[partial(commands.complete_task, task, next_task=again, by=by, at=at)] * 2)
        assert answers.count("already_closed") == 1
        task = next(a.next_task_id for a in answers if a != "already_closed")
        assert list(Task.objects.filter(status="open").values_list("pk", flat=True)) == [task]
    assert sound() == {}


def test_the_last_two_tasks_are_never_both_dropped(deal: Deal, by: Actor, at: dt.datetime) -> None:
    for turn in range(ROUNDS):
        commands.create_task(
            NewTask(title="Another", due_at=at + dt.timedelta(days=turn)), deal=deal.pk, by=by, at=at
        )
        pair = Task.objects.filter(deal=deal, status="open").values_list("pk", flat=True)
        answers = at_once(*(partial(commands.complete_task, pk, by=by, at=at) for pk in list(pair)))
        assert answers.count("next_task_required") == 1
    assert sound() == {}


def test_won_and_lost_at_once(stages: list[Stage], anna: Any, by: Actor, at: dt.datetime) -> None:
    from takt.sales.deals.commands import NewPerson

    for turn in range(ROUNDS):
        deal = commands.create_deal(
            name=f"Racking {turn}", amount="10", new_person=NewPerson(f"Ilse {turn}"), is_quick=True, by=by, at=at
        )  # fmt: skip
        lost = Closing("lost", "price")
        answers = at_once(
            partial(commands.win_deal, deal.pk, by=by, at=at),
            partial(commands.lose_deal, deal.pk, "price", by=by, at=at),
            partial(commands.complete_task, deal.next_task_id, close_deal=lost, by=by, at=at),
        )
        assert answers.count("already_closed") == 2
        ended = Event.objects.filter(
            kind__in=["deal.won", "deal.lost"], subjects__kind="deal", subjects__object_id=deal.pk
        )
        assert ended.count() == 1
    assert sound() == {}


def test_the_same_company_sent_twice(anna: Any, api_of: Callable[..., Any]) -> None:
    program = api_of(anna)
    for turn in range(ROUNDS):
        body, key = {"name": f"Frisia Frozen Foods {turn}"}, f"k{turn}"
        first, second = at_once(*[partial(program.post, "/companies", body, Idempotency_Key=key)] * 2)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
    assert Company.objects.count() == ROUNDS
    assert Event.objects.filter(kind="company.created").count() == ROUNDS


def test_a_step_is_taken_back_once(deal: Deal, stages: list[Stage], by: Actor, at: dt.datetime) -> None:
    for turn in range(ROUNDS):
        now = at + dt.timedelta(minutes=turn)
        noted = undoing.before_move(Deal.objects.filter(pk=deal.pk))
        commands.move_deal(deal.pk, stages[2].pk, by=by, at=now)
        token = offer(inverse="deals.unmove_deals", arguments=noted, by=by, at=now)
        assert token is not None
        answers = at_once(*[partial(take_back, token, by=by, at=now)] * 2)
        assert sorted(map(str, answers)) == ["1", "already_undone"]
    assert Deal.objects.get(pk=deal.pk).stage_id == stages[0].pk
    assert sound() == {}


def test_a_crowd_neither_deadlocks_nor_loses_anything(
    stages: list[Stage], anna: Any, boris: Any, by: Actor, at: dt.datetime
) -> None:
    """Single and bulk acts on the same few deals, in opposite orders, by four people."""
    deals = [
        commands.create_deal(
            name=f"D{n}", owner=anna, stage=stages[n % 3], amount="10", is_quick=True, by=by, at=at
        )
        for n in range(5)
    ]
    ids = [d.pk for d in deals]

    def person(seed: int) -> Callable[[], int]:
        dice = random.Random(seed)

        def work() -> int:
            done = 0
            for turn in range(12):
                now = at + dt.timedelta(seconds=60 * turn + seed)
                chosen = dice.sample(ids, 3)
                one, stage = chosen[0], dice.choice(stages).pk
                step = NewTask(type="call", title="Next", due_at=now)
                task = Task.objects.filter(deal=one, status="open").values_list("pk", flat=True).first()
                act = dice.choice(
                    [
                        partial(commands.move_deals, chosen, stage),
                        partial(commands.assign_deals, chosen, dice.choice([anna, boris])),
                        partial(commands.move_deal, one, stage),
                        partial(commands.edit_deal, one, {"amount": str(seed)}),
                        partial(commands.complete_task, task, next_task=step),
                        partial(commands.lose_deal, one, "price"),
                        partial(commands.reopen_deal, one, next_task=step),
                    ]
                )
                try:
                    act(by=by, at=now)
                    done += 1
                except Refusal:
                    pass
            return done

        return work

    answers = at_once(*(person(seed) for seed in range(1, 5)))
    assert all(answers)
    assert sound() == {}
